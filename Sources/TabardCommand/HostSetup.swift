public import TabardCache
public import TabardConfig
public import TabardCore
public import TabardHTTP
public import TabardHost
import TabardSystem

/// The host, put together from the options that every executable has.
public struct HostSetup: Sendable {
    /// The settings that hold.
    public let configuration: TabardConfiguration
    /// The HTTP client that host and plugins share.
    public let http: HTTPClient
    /// What plugins and programs get from this host.
    public let services: HostServices
    /// The plugins that were found.
    public let catalog: PluginCatalog
    /// Their providers, as far as they are wanted, and `others`.
    public let registry: ProviderRegistry
    /// Asks them.
    public let resolver: CredentialResolver

    /// Reads the configuration and the manifests; loads nothing yet.
    ///
    /// - Parameters:
    ///   - program: The name that plugins and servers see.
    ///   - file: The settings' file of the options, where it was looked into before; nil to read it now.
    ///   - sets: `ID.KEY=VALUE`, which win over the configuration file.
    ///   - chosen: The ids of the only providers that are wanted; empty for all.
    ///   - caFile: The bundle of certificate authorities to trust instead of the system's, or nil.
    ///   - serverCertificates: Folders of certificates for single servers; see `HTTPConfiguration`.
    ///   - statics: The credentials that are tried before any provider; none for a host that answers with providers alone.
    ///   - isOneShot: Whether the process ends after one question.
    ///   - others: Makes providers beside the plugins' from the same configuration, given the ids that are taken; none by default.
    ///   - isIsolating: Whether providers that want a process of their own get one; else this process is it.
    ///   - agent: The way to the agent, which is asked first; nil to ask the providers in this process.
    ///   - cache: Makes or finds the cache for the settings that were read; nil for a new one.
    public init(
        program: String, options: CommonOptions, file: ConfigurationFile? = nil, sets: [String] = [], chosen: Set<String> = [],
        caFile: String? = nil, serverCertificates: [String] = [], insecureHosts: Set<String> = [],
        statics: StaticCredentials = StaticCredentials(),
        isOneShot: Bool, isIsolating: Bool = true,
        others: (TabardConfiguration, Set<String>, HostServices) throws(Failure) -> [any Provider] = { _, _, _ in [] },
        agent: AgentAccess? = nil, cache: ((TabardConfiguration) -> CredentialCache)? = nil, log: LogSink
    ) throws(Failure) {
        guard CallDepth.current <= 1 else {
            throw Failure(
                .invalid, attempting: "starting", on: program,
                reason: "it was started by a program that \(program) or its like had started",
                advice: "look for an exec plugin or credential helper that calls its own caller")
        }
        let clocks = SystemClocks()
        configuration = try (file ?? ConfigurationFile(option: options.configurationFile)).configuration().overriding(sets)
        var settings = HTTPConfiguration(
            caFile: caFile, userAgent: "\(program)/\(Release.version)",
            insecureHosts: insecureHosts.union(configuration.insecureRegistries), metadataHosts: Self.metadataHosts(configuration))
        settings.serverCertificates = serverCertificates
        http = HTTPClient(configuration: settings, clocks: clocks, log: log)
        services = HostServices(name: program, version: Release.version, http: http, clocks: clocks, log: log)
        catalog = try PluginCatalog(
            directories: .search(options: options.pluginFolders), configuration: configuration, chosen: chosen, services: services,
            trust: .fromEnvironment(log: log), isolation: isIsolating ? PluginIsolation(beside: FileSystem.executablePath) : nil)
        let more = try others(configuration, Set(catalog.providers.map(\.id)), services)
        let providers: [any Provider] = catalog.providers + more
        registry = ProviderRegistry(agent.map { agent in providers.map { AgentProvider($0, access: agent) } } ?? providers, log: log)
        resolver = CredentialResolver(
            statics: statics, registry: registry, cache: cache?(configuration) ?? CredentialCache(clocks: clocks, log: log),
            isOneShot: isOneShot, log: log)
    }

    /// The metadata servers that the operator named, by setting or by the clouds' own variables: plain HTTP is allowed there.
    private static func metadataHosts(_ configuration: TabardConfiguration) -> Set<String> {
        var hosts = Set(["GCE_METADATA_HOST", "GCE_METADATA_IP"].compactMap { Environment.nonEmptyValue($0) })
        for provider in configuration.providers.values {
            for setting in provider.settings where setting.key == "metadataHost" { hosts.insert(setting.value) }
        }
        return hosts
    }
}
