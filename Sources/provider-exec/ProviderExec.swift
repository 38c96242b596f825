import Glibc
import TabardAgentProtocol
import TabardCommand
import TabardConfig
import TabardCore
import TabardExec
import TabardHost
import TabardSystem

/// One run of `provider-exec`: a CredentialProviderRequest on standard input, the answer on standard output, everything else on standard
/// error.
struct ProviderExec {
    private var common = CommonOptions()
    private var providers: Set<String> = []
    private var sets: [String] = []
    private var timeout = Duration.seconds(45)
    private var wantsVersion = false
    private var wantsHelp = false
    private var wantsKubeletConfiguration = false
    private var wantsTokenAttributes = false

    private static let help = """
        Answers a kubelet's question for image credentials.

          provider-exec [options] < request.json > response.json
          provider-exec kubelet-config [--provider ID]... [--token-attributes]

          kubelet-config       print the CredentialProviderConfig under which a kubelet asks these providers

          --provider ID        ask only this provider (repeatable)
          --set ID.KEY=VALUE   a setting of a provider, before the configuration file (repeatable)
          --timeout DURATION   give up after this long; default 45s, below the kubelet's minute
        \(CommonOptions.help)
          --token-attributes   kubelet-config: let the kubelet send tokens of the Pods' service accounts
          --version            print the version; with --provider also that of its plugin
          --help               print this

        Example:
          echo '{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"gcr.io/project/app"}' |
            provider-exec --provider google-container-registry

        Called as ecr-credential-provider, auth-provider-gcp or acr-credential-provider it takes their arguments.

        Exit codes: 0 answered, 1 failed, 2 wrong request or configuration, 3 denied, 4 unavailable.
        """

    /// Reads the command line; the name the program was called by may choose the provider.
    init(arguments: [String]) throws(Failure) {
        let name = arguments.first?.split(separator: "/").last.map(String.init) ?? ""
        if let provider = ExecProgramName.provider(ofOwn: name) { providers.insert(provider) }
        let known =
            CommonOptions.known
            + [
                .value("--provider"), .value("--set"), .value("--timeout"), .flag("--token-attributes"),
                .flag("--version"), .flag("--help"), .flag("-h"),
            ]
        let own = try ForeignCommandLine.translated(program: name, arguments: arguments.dropFirst()) ?? Array(arguments.dropFirst())
        for argument in try ArgumentReader.read(own, knowing: known) {
            switch argument {
            case .operand("kubelet-config"): wantsKubeletConfiguration = true
            case .operand(let text): throw ArgumentReader.wrong("\(text) is not expected here: the request comes on standard input")
            case .option("--provider", let id): providers.insert(id)
            case .option("--set", let set): sets.append(set)
            case .option("--timeout", let text): timeout = try Self.timeout(text)
            case .option("--token-attributes", _): wantsTokenAttributes = true
            case .option("--version", _): wantsVersion = true
            case .option("--help", _), .option("-h", _): wantsHelp = true
            case .option(let name, let value): _ = try common.take(name, value)
            }
        }
    }

    /// Does what was asked and ends the process.
    func run() throws(Failure) -> Never {
        if wantsHelp { Exit.text(Self.help) }
        if wantsVersion { Exit.text(try version()) }
        if wantsKubeletConfiguration { Exit.text(try kubeletConfiguration()) }
        if wantsTokenAttributes {
            throw ArgumentReader.wrong(
                "--token-attributes is for kubelet-config: to an answer it means nothing, since the question brings its token",
                advice: "write provider-exec kubelet-config --token-attributes, or leave it out of args")
        }
        let answer = try Self.reserveStandardOutput()
        let clocks = SystemClocks()
        let deadline = clocks.monotonicNanoseconds.addingSaturated(timeout)
        let request = try ExecRequest(parsing: try StandardInput.read(limit: ExecRequest.maximumSize, until: deadline, as: "the request"))
        let file = ConfigurationFile(option: common.configurationFile)
        let given = try askAgent(request, file: file, until: deadline)
        let bytes = if let given { given } else { try askProviders(request, file: file, until: deadline) }
        do throws(SystemError) {
            try bytes.withBytes { (bytes) throws(SystemError) in try answer.writeAll(bytes) }
        } catch {
            throw Failure(.local, attempting: "writing the answer", on: "standard output", reason: error.meaning)
        }
        Exit.now(0)
    }

    /// The agent's answer, as the kubelet gets it; nil when there is none.
    private func askAgent(_ request: ExecRequest, file: ConfigurationFile, until deadline: Int64) throws(Failure) -> Secret? {
        guard let agent = AgentAccess(common, file: file, sets: sets, log: log) else { return nil }
        let reply = try agent.ask(.kubeletResponse, request.question, until: deadline) { question in
            question.kubeletVersion = request.version.rawValue
            question.providers = providers
        }
        guard case .kubeletResponse(let bytes)? = reply else { return nil }
        return bytes
    }

    /// What the providers say when they are asked here.
    private func askProviders(_ request: ExecRequest, file: ConfigurationFile, until deadline: Int64) throws(Failure) -> Secret {
        let host = try setup(file)
        let resolution = host.resolver.resolve(request.question, until: deadline)
        if let failure = resolution.failure { throw failure }
        // The kubelet asks because it was told that we serve the image: "nobody does" must be known, not assumed.
        if resolution.sources.isEmpty, let failure = host.catalog.blindSpot { throw failure }
        return try ExecResponse(
            version: request.version, entries: resolution.emitted, scope: resolution.scope, duration: resolution.lifetime
        ).write()
    }

    private var log: LogSink { StandardErrorLog.sink(verbosity: common.verbosity, format: common.logFormat) }

    private func setup(_ file: ConfigurationFile? = nil) throws(Failure) -> HostSetup {
        try HostSetup(
            program: "provider-exec", options: common, file: file, sets: sets, chosen: providers, isOneShot: true, isIsolating: false,
            log: log)
    }

    private func version() throws(Failure) -> String {
        var lines = ["provider-exec \(Release.version)"]
        if !providers.isEmpty {
            for provider in try setup().catalog.providers {
                let manifest = try provider.file.load()
                lines.append("\(provider.id) \(manifest.version) (\(provider.file.path))")
            }
        }
        return lines.joined(separator: "\n")
    }

    private func kubeletConfiguration() throws(Failure) -> String {
        let catalog = try setup().catalog
        for path in common.pluginFolders + [common.configurationFile].compactMap({ $0 }) where !path.hasPrefix("/") {
            throw ArgumentReader.wrong("\(path) is relative, and the kubelet starts its plugins somewhere else", advice: "start it with /")
        }
        var common = common.pluginFolders.flatMap { ["--plugin-dir", $0] }
        if let file = self.common.configurationFile { common += ["--config", file] }
        for set in sets { common += ["--set", set] }
        // What serves nothing unless it is told what is left out unless it is named.
        let chosen = catalog.providers.filter { providers.contains($0.id) || !$0.patterns.isEmpty }
        let names = Dictionary(uniqueKeysWithValues: ExecProgramName.providers.map { ($1, $0) })
        return try KubeletConfiguration(
            providers: chosen, named: providers, wantsTokens: wantsTokenAttributes, common: common, names: names
        ).write()
    }

    private static func timeout(_ text: String) throws(Failure) -> Duration {
        let duration: Duration
        let advice = "write for example 45s or 1m30s"
        do throws(Failure) {
            duration = try GoDuration.parse(text)
        } catch {
            throw ArgumentReader.wrong("--timeout \(text): \(error.reason)", advice: advice)
        }
        guard duration > .zero else { throw ArgumentReader.wrong("--timeout must be longer than nothing, not \(text)", advice: advice) }
        return duration
    }

    private static func reserveStandardOutput() throws(Failure) -> FileDescriptor {
        do throws(SystemError) {
            return try ProcessHardening.reserveStandardOutput()
        } catch {
            throw Failure(.local, attempting: "preparing standard output", reason: error.description)
        }
    }
}
