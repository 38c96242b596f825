public import TabardConfig
public import TabardCore
import TabardExec
public import TabardHost
import TabardSystem

/// The programs of a kubelet's CredentialProviderConfig as providers of this host.
///
/// One that cannot be started is left out and told; the others go on. Nothing can ask itself: our own `provider-exec` is left out, whose
/// plugins this host has anyway, and a host that such a program started has none of them.
public struct ExecPluginCatalog: Sendable {
    /// In the order of the configuration.
    public let providers: [ExecPlugin]
    /// What cannot be used, and why.
    public let rejected: [PluginCatalog.Rejection]
    /// What need not be used, and why: nothing is wrong with it.
    public let skipped: [PluginCatalog.Rejection]

    /// Without any.
    public static let empty = ExecPluginCatalog(providers: [], rejected: [], skipped: [])

    private init(providers: [ExecPlugin], rejected: [PluginCatalog.Rejection], skipped: [PluginCatalog.Rejection]) {
        self.providers = providers
        self.rejected = rejected
        self.skipped = skipped
    }

    /// The providers alone, for a host's setup.
    public static func providers(
        _ configuration: TabardConfiguration, _ taken: Set<String>, _ services: HostServices
    ) throws(Failure) -> [any Provider] {
        try ExecPluginCatalog(configuration: configuration, taken: taken, services: services).providers
    }

    /// Reads what `execProviders` of the configuration names, and looks for the programs.
    ///
    /// - Parameter taken: Ids that plugins have: a program of that name is left out.
    /// - Throws: `.invalid` for a file with mistakes, all of them, and for a missing `execProviderBinDir`.
    public init(configuration: TabardConfiguration, taken: Set<String>, services: HostServices) throws(Failure) {
        guard let path = configuration.execProviders else {
            self = .empty
            return
        }
        let log = services.log
        guard CallDepth.current == 0 else {
            log(.info(4), "The exec plugins of \(path) are not used: an exec plugin started this process")
            self = .empty
            return
        }
        let config = try ExecPluginFiles.read(path)
        for warning in config.warnings { log(.warning, warning) }
        guard let folder = configuration.execProviderBinDir else {
            throw Failure(
                .invalid, attempting: TabardConfiguration.attempting, on: configuration.file ?? "", reason: "execProviderBinDir is missing",
                advice: "name the folder that the kubelet has as --image-credential-provider-bin-dir")
        }
        let own = OwnPrograms()
        var providers: [ExecPlugin] = []
        var rejected: [PluginCatalog.Rejection] = []
        var skipped: [PluginCatalog.Rejection] = []
        for plugin in config.plugins {
            let program = plugin.command.map { $0.contains("/") ? $0 : "\(folder)/\($0)" } ?? "\(folder)/\(plugin.name)"
            if own.contains(program) {
                log(.info(2), "\(plugin.place): \(plugin.name) is provider-exec: this host asks its plugins itself")
                skipped.append(.init(path: program, reason: "it is provider-exec: this host asks its plugins itself"))
                continue
            }
            let complaint = Self.complaint(about: program) ?? (taken.contains(plugin.name) ? "a plugin has a provider of that id" : nil)
            if let complaint {
                log(.error, "\(plugin.place): the exec plugin \(plugin.name) is not used: \(program): \(complaint)")
                rejected.append(.init(path: program, reason: complaint))
                continue
            }
            providers.append(Self.provider(plugin, program, timeout: configuration.execProviderTimeout, services))
        }
        self.init(providers: providers, rejected: rejected, skipped: skipped)
    }

    private static func provider(
        _ plugin: CredentialProviderConfig.Plugin, _ program: String, timeout: Duration, _ services: HostServices
    ) -> ExecPlugin {
        var environment = Environment.all
        for (name, value) in plugin.environment { environment[name] = value }
        environment[CallDepth.variable] = CallDepth.ofChildren
        environment["DOCKER_PASSWORD"] = nil
        return ExecPlugin(
            ExecProvider(
                id: plugin.name, patterns: plugin.patterns, usesServiceAccount: plugin.tokenAttributes != nil,
                origin: Origin(.execPlugin, plugin.name),
                command: ChildCommand(path: program, arguments: plugin.arguments, environment: environment), version: plugin.version,
                defaultDuration: plugin.defaultDuration, timeout: timeout, clocks: services.clocks, log: services.log),
            path: program, tokenAttributes: plugin.tokenAttributes)
    }

    private static func complaint(about program: String) -> String? {
        do throws(SystemError) {
            guard try FileStatus(of: program).kind == .regular else { return "it is no file" }
            return FileSystem.isExecutable(program) ? nil : "it is not executable"
        } catch {
            return error.isNotFound ? "it does not exist" : error.description
        }
    }
}
