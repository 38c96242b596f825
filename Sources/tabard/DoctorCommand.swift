import ArgumentParser
import TabardCommand
import TabardConfig
import TabardCore
import TabardDoctor
import TabardExecPlugins
import TabardHTTP
import TabardHost
import TabardSystem

/// `tabard doctor`: what is wrong with the credentials of a node.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Looks at a node and tells what is wrong with its credentials, and how to mend it.",
        discussion: """
            Reads files and touches no network without --probe. What it prints holds no secret and no value of an environment variable:
            it can go into a ticket. Run it as root, or it cannot see what the kubelet sees.

            Examples:
              tabard doctor
              tabard doctor --json > $(hostname).json        # on two nodes, then: diff one.json other.json
              tabard doctor --root /host                     # in a container of kubectl debug node/NAME

            Exit codes: 0 no error was found, 1 some were, 2 wrong command line.
            """)

    @Flag(help: "One JSON object, in the same order on every node.")
    var json = false

    @Flag(help: "Also ask registries and clouds over the network.")
    var probe = false

    @Option(name: .customLong("image"), help: "With --probe: ask the providers about this image too (repeatable).")
    var images: [String] = []

    @Option(help: "The folder in which the root of the node is mounted.")
    var root: String?

    @OptionGroup(title: "Common") var common: CommonArguments

    func validate() throws {
        if !images.isEmpty && !probe { throw ValidationError("--image is for --probe: write both.") }
        if root != nil && probe {
            throw ValidationError("--probe asks as this machine and not as the node that is mounted: leave out one.")
        }
        if let root, !root.hasPrefix("/") { throw ValidationError("--root is an absolute path, not \(root).") }
    }

    func run() throws {
        let references = try images.map { try ImageReference($0) }
        let options = common.options
        let mounted = PluginDirectories(
            options.pluginFolders.isEmpty ? ["/usr/lib/tabard/v1"] : options.pluginFolders, source: "the place of installation")
        var node = Node(
            pluginFolders: root == nil ? .search(options: options.pluginFolders) : mounted, trust: .fromEnvironment(log: .silent))
        node.root = root ?? ""
        if root == nil { node.environment = Environment.all }
        node.configurationFile = options.configurationFile
        node.isClockSynchronised = KernelClock.isSynchronised
        var doctor = Doctor(node)
        doctor.examine()
        if probe { doctor.probe(network(options), images: references) }
        let report = doctor.result
        StandardOutput.line(json ? report.json : report.text)
        Exit.now(report.hasErrors ? 1 : 0)
    }

    /// The host that would answer; when its configuration is broken, which the report says already, the network alone.
    private func network(_ options: CommonOptions) -> DoctorProbe {
        let host = try? HostSetup(
            program: "tabard", options: options, isOneShot: true, others: ExecPluginCatalog.providers, log: .silent)
        let http =
            host?.http
            ?? HTTPClient(configuration: HTTPConfiguration(userAgent: "tabard/\(Release.version)"), clocks: SystemClocks(), log: .silent)
        return DoctorProbe(
            http: http, resolver: host?.resolver, clocks: SystemClocks(), insecureRegistries: host?.configuration.insecureRegistries ?? [])
    }
}
