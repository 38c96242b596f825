import TabardCore

/// The kubelet of a node: the process that runs, else the one that systemd would start.
struct Kubelet: Sendable {
    /// How its command line was learnt.
    let isRunning: Bool
    /// What it was, or would be, started with.
    let command: CommandLineWords
    /// The variables that its exec plugins get from it; nil where they cannot be read.
    let environment: [String: String]?
    /// The unit that systemd has for it.
    let unit: SystemdUnit?
    /// How many run.
    let processes: Int

    /// The programs that are, or carry, a kubelet.
    private static let programs: Set<String> = ["kubelet", "k3s", "rke2", "k0s", "microk8s"]
    private static let units = ["kubelet", "k3s", "k3s-agent", "rke2-server", "rke2-agent"]

    static let configFlag = "image-credential-provider-config"
    static let folderFlag = "image-credential-provider-bin-dir"

    /// Looks through /proc, then through systemd's units; nil where there is no trace of one.
    init?(in files: NodeFiles) {
        let running = files.names(in: "/proc").compactMap { Int($0) }.sorted().compactMap { number in
            Self.process(number, files)
        }
        unit = Self.units.lazy.compactMap { SystemdUnit($0, in: files) }.first
        processes = running.count
        if let first = running.first {
            isRunning = true
            command = first.command
            environment = first.environment
        } else if let unit {
            isRunning = false
            command = unit.command
            environment = unit.environment
        } else {
            return nil
        }
    }

    private static func process(_ number: Int, _ files: NodeFiles) -> (command: CommandLineWords, environment: [String: String]?)? {
        guard let bytes = try? files.contents("/proc/\(number)/cmdline") else { return nil }
        let command = CommandLineWords(cmdline: bytes)
        guard programs.contains(command.program) else { return nil }
        // A sub-command for people, such as `k3s kubectl`, is no kubelet.
        guard
            command.program == "kubelet"
                || ["server", "agent", "worker", "controller", "kubelet"].contains(command.words.dropFirst().first)
        else {
            return nil
        }
        guard let environ = try? files.contents("/proc/\(number)/environ") else { return (command, nil) }
        var variables: [String: String] = [:]
        for entry in environ.split(separator: 0) {
            let text = String(decoding: entry, as: UTF8.self)
            guard let sign = text.firstIndex(of: "=") else { continue }
            variables[String(text[..<sign])] = String(text[text.index(after: sign)...])
        }
        return (command, variables)
    }

    /// What its findings are told of.
    var name: String { isRunning ? "the running kubelet" : unit?.sources.first ?? "kubelet" }
    /// Where its state is.
    var folder: String { command.flag("root-dir") ?? "/var/lib/kubelet" }
    /// The file or folder of the CredentialProviderConfig.
    var configuration: String? { command.flag(Self.configFlag).flatMap { $0.isEmpty ? nil : $0 } }
    /// The folder of the programs.
    var programs: String? { command.flag(Self.folderFlag).flatMap { $0.isEmpty ? nil : $0 } }
}
