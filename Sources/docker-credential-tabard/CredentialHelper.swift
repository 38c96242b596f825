import TabardAgentProtocol
import TabardCommand
import TabardConfig
import TabardCore
import TabardExecPlugins
import TabardHost
import TabardKeyring
import TabardSystem

/// One run of `docker-credential-tabard`: an action as the argument, its subject on standard input, the answer on standard output, where
/// clients look for errors too. It asks providers alone: a docker configuration leads here and must not lead back.
struct CredentialHelper: ~Copyable {
    /// Where the answer goes; nothing else in this process writes there.
    private let output: FileDescriptor

    private static let help = """
        Logs docker, podman, skopeo, crane and buildkit in to registries with the cloud identity of this machine or process.

          docker-credential-tabard [options] get < server

          get                  print the login to the server on standard input
          list                 print {}: logins are made when they are asked for
          store, erase         refused: there is nothing to store
          version, --version   print the version
        \(CommonOptions.help)
          --help               print this

        Clients find it by name. In ~/.docker/config.json:
          {"credHelpers": {"myregistry.azurecr.io": "tabard", "public.ecr.aws": "tabard"}}

        Example:
          echo myregistry.azurecr.io | docker-credential-tabard get

        Exit codes: 0 answered, 1 not; the reason is on standard output, as the protocol has it.
        """

    /// Takes over standard output, so that nothing that a plugin prints mixes with the answer.
    init() throws(SystemError) { output = try ProcessHardening.reserveStandardOutput() }

    /// Does what the command line says.
    ///
    /// - Returns: The status to end with.
    func run(arguments: [String]) -> Int32 {
        do throws(Failure) {
            guard let answer = try Self.answer(to: arguments) else { return write(Secret(DockerHelperProtocol.notFound + "\n"), status: 1) }
            return write(answer, status: 0)
        } catch {
            // Without a name before it: the client says which helper it asked.
            return write(Secret("\(error)\n"), status: 1)
        }
    }

    /// The answer, or nil for "not found".
    private static func answer(to arguments: [String]) throws(Failure) -> Secret? {
        var common = CommonOptions()
        var action = ""
        let known = CommonOptions.known + [.flag("--version"), .flag("--help"), .flag("-h")]
        for argument in try ArgumentReader.read(arguments, knowing: known) {
            switch argument {
            case .operand(let text) where action.isEmpty: action = text
            case .operand(let text): throw ArgumentReader.wrong("\(text) is not expected here: the server comes on standard input")
            case .option("--version", _): return Secret("docker-credential-tabard \(Release.version)\n")
            case .option("--help", _), .option("-h", _): return Secret(help + "\n")
            case .option(let name, let value): _ = try common.take(name, value)
            }
        }
        if action == "version" { return Secret("docker-credential-tabard \(Release.version)\n") }
        switch DockerHelperProtocol.Action(rawValue: action) {
        case .get: return try login(common)
        case .list: return DockerHelperProtocol.list([:])
        case .store, .erase:
            throw Failure(
                .unsupported, attempting: action == "store" ? "storing a login" : "erasing a login",
                reason: "this helper makes logins from cloud identities and keeps none",
                advice: "name another helper for this registry in credHelpers of docker's config.json")
        case nil:
            let words = DockerHelperProtocol.Action.allCases.map(\.rawValue)
            let nearest = NearestName.to(action, among: words)
            throw ArgumentReader.wrong(
                action.isEmpty ? "no action is given" : "there is no action \(action)",
                advice: nearest.map { "did you mean \($0)?" } ?? "give one of \(words.joined(separator: ", "))")
        }
    }

    private static func login(_ common: CommonOptions) throws(Failure) -> Secret? {
        // A client waits without a limit of its own; a kubelet's minute is what registries are used to.
        let deadline = SystemClocks().monotonicNanoseconds.addingSaturated(.seconds(45))
        let server = try DockerHelperProtocol.server(
            in: try StandardInput.read(limit: DockerHelperProtocol.maximumSize, until: deadline, as: "the server"))
        let image = try DockerHelperProtocol.image(of: server)
        let log = StandardErrorLog.sink(verbosity: common.verbosity, format: common.logFormat)
        let request = ProviderRequest(image: image)
        let file = ConfigurationFile(option: common.configurationFile)
        let answer = try AgentAccess(common, file: file, log: log)?.ask(.logins, request, until: deadline)
        if case .entries(let reply)? = answer {
            return try reply.entries.first.map { (entry) throws(Failure) in try DockerHelperProtocol.answer(to: server, with: entry) }
        }
        let host = try HostSetup(
            program: "docker-credential-tabard", options: common, file: file, isOneShot: true, others: ExecPluginCatalog.providers,
            log: log)
        let resolution = host.resolver.resolve(request, until: deadline)
        // Denied is not "not found": a client would go on without credentials then, and hide the reason.
        if let failure = resolution.failure { throw failure }
        if resolution.sources.isEmpty, let failure = host.catalog.blindSpot { throw failure }
        return try resolution.entries.first.map { (entry) throws(Failure) in try DockerHelperProtocol.answer(to: server, with: entry) }
    }

    private func write(_ answer: Secret, status: Int32) -> Int32 {
        do throws(SystemError) {
            try answer.withBytes { (bytes) throws(SystemError) in try output.writeAll(bytes) }
            return status
        } catch {
            StandardErrorLog.write("docker-credential-tabard: writing the answer: \(error.meaning)")
            return 1
        }
    }
}
