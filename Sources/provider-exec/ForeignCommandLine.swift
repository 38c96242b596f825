import TabardCommand
import TabardCore

/// The command line of one of the clouds' own exec plugins, said in our words, so that a node can change the file behind the name and keep
/// its CredentialProviderConfig.
///
/// Taken are the arguments that their `--help` lists; their logging flags are klog's, of which only `-v` means something here.
struct ForeignCommandLine {
    /// What `provider-exec` would have been called with.
    private(set) var arguments: [String] = []
    private var rest: ArraySlice<String>
    private var operands: [String] = []

    /// Translates the arguments of a program of that name; nil for any other name.
    static func translated(program: String, arguments: ArraySlice<String>) throws(Failure) -> [String]? {
        var line = ForeignCommandLine(rest: arguments)
        switch program {
        case "ecr-credential-provider": try line.readAmazon()
        case "auth-provider-gcp": try line.readGoogle()
        case "acr-credential-provider": try line.readAzure()
        default: return nil
        }
        return line.arguments
    }

    private init(rest: ArraySlice<String>) { self.rest = rest }

    // cloud-provider-aws, cmd/ecr-credential-provider: no arguments of its own.
    private mutating func readAmazon() throws(Failure) {
        arguments = ["--provider", "aws-ecr-key"]
        try readOptions { _, _ in false }
        if let operand = operands.first { throw Self.wrong("ecr-credential-provider takes no arguments, and \(operand) is one") }
    }

    // cloud-provider-gcp, cmd/auth-provider-gcp: the sub-command get-credentials with flows.
    private mutating func readGoogle() throws(Failure) {
        let flows = ["gcr": "google-container-registry", "dockercfg": "google-dockercfg", "dockercfg-url": "google-dockercfg-url"]
        var flow = "gcr"
        var sets: [String] = []
        try readOptions { (name, value) throws(Failure) in
            switch name {
            case "--authFlow": flow = try value()
            case "--identity-provider": sets.append("google-container-registry.identityProvider=\(try value())")
            case "--project-id": sets.append("google-container-registry.project=\(try value())")
            default: return false
            }
            return true
        }
        guard let provider = flows[flow] else {
            throw Self.wrong("auth-provider-gcp knows the flows gcr, dockercfg and dockercfg-url, not \(flow)")
        }
        arguments = ["--provider", provider] + sets.flatMap { ["--set", $0] } + arguments
        guard operands == ["get-credentials"] || arguments.contains("--version") || arguments.contains("--help") else {
            throw Self.wrong(
                "auth-provider-gcp takes the sub-command get-credentials",
                advice: "set args: [\"get-credentials\"] in the CredentialProviderConfig")
        }
    }

    // cloud-provider-azure, cmd/acr-credential-provider: the path of azure.json.
    private mutating func readAzure() throws(Failure) {
        var mirrors: [String] = []
        try readOptions { (name, value) throws(Failure) in
            switch name {
            case "--registry-mirror", "-r": mirrors.append(try value())
            case _ where name.hasPrefix("--ib-"):
                throw Self.wrong("\(name): identity bindings are not supported", advice: "use workload identity: see docs/azure.md")
            default: return false
            }
            return true
        }
        arguments = ["--provider", "azure-acr"] + arguments
        if !mirrors.isEmpty { arguments += ["--set", "azure-acr.registryMirrors=\(mirrors.joined(separator: ","))"] }
        // The kubelet's matchImages name the sources, and that was enough for the provider.
        for mirror in mirrors.flatMap({ $0.split(separator: ",") }) {
            let separator: Character = mirror.contains("=") ? "=" : ":"
            let source = mirror.prefix { $0 != separator }.filter { $0 != " " }
            if !source.isEmpty { arguments += ["--set", "azure-acr.matchImages=\(source)"] }
        }
        guard !arguments.contains("--version"), !arguments.contains("--help") else { return }
        guard operands.count == 1, let path = operands.first else {
            throw Self.wrong(
                "acr-credential-provider takes the path of azure.json, and only that", advice: "set args: [\"/etc/kubernetes/azure.json\"]")
        }
        arguments += ["--set", "azure-acr.configFile=\(path)"]
    }

    /// Sorts the arguments; `take` is asked for those that only this program has.
    private mutating func readOptions(_ take: (String, () throws(Failure) -> String) throws(Failure) -> Bool) throws(Failure) {
        while let argument = rest.popFirst() {
            guard argument.utf8.first == UInt8(ascii: "-"), argument.utf8.count > 1 else {
                operands.append(argument)
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            let attached = parts.count > 1 ? parts[1] : nil
            var following = rest
            let isTaken = try take(parts[0]) { () throws(Failure) in
                if let attached { return attached }
                guard let value = following.popFirst() else { throw Self.wrong("\(parts[0]) needs a value") }
                return value
            }
            if isTaken {
                rest = following
            } else if Self.isLoggingFlag(parts[0]) {
                if attached == nil, Self.logFlagsWithValue.contains(Self.name(parts[0])) { _ = rest.popFirst() }
            } else {
                // -v, --version, --help and our own: a node may name its plugins or settings in the same place.
                arguments.append(argument)
                if attached == nil, Self.ownWithValue.contains(argument), let value = rest.popFirst() { arguments.append(value) }
            }
        }
    }

    private static let ownWithValue: Set<String> = ["-v", "--v", "--config", "--plugin-dir", "--log-format", "--set", "--timeout"]
    private static let logFlagsWithValue: Set<String> = [
        "log-dir", "log-file", "log-file-max-size", "stderrthreshold", "vmodule", "log-backtrace-at", "log-flush-frequency",
    ]
    private static let logFlags: Set<String> = [
        "logtostderr", "alsologtostderr", "add-dir-header", "skip-headers", "skip-log-headers", "one-output",
    ]

    /// klog's flags are written with hyphens or underscores.
    private static func name(_ option: String) -> String {
        String(option.drop { $0 == "-" }.map { $0 == "_" ? "-" : $0 })
    }

    private static func isLoggingFlag(_ option: String) -> Bool {
        let name = name(option)
        return option.hasPrefix("--") && (logFlags.contains(name) || logFlagsWithValue.contains(name))
    }

    private static func wrong(_ reason: String, advice: String = "see --help") -> Failure {
        ArgumentReader.wrong(reason, advice: advice)
    }
}
