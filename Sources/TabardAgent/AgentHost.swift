public import TabardCache
public import TabardCore
public import TabardHost
public import TabardSystem

/// What one reading of the configuration made: replaced as a whole by the next one.
public struct AgentHost: Sendable {
    /// Asks the providers through the cache.
    public let resolver: CredentialResolver
    /// What is held.
    public let cache: CredentialCache
    /// The ids of the plugins' providers: the only ones that a kubelet may be answered with.
    public let pluginProviders: Set<String>
    /// The ids of all providers.
    public let providers: Set<String>
    /// The ids of providers that serve nothing unless a question names them, which then has to be asked elsewhere.
    public let dormantProviders: Set<String>
    /// Why "nobody serves this image" cannot be trusted; nil when it can.
    public let blindSpot: @Sendable () -> Failure?
    /// What is found but not used, one line each.
    public let complaints: [String]
    /// The file of the settings, or why there is none.
    public let configuration: String
    /// What is read again when it changes, as it was before it was read.
    public internal(set) var configurationFiles: FileWatch
    /// What is part of this process: when it changes, another process has to take over.
    public let programFiles: FileWatch

    /// Puts the parts together.
    public init(
        resolver: CredentialResolver, cache: CredentialCache, pluginProviders: Set<String>, providers: Set<String>,
        dormantProviders: Set<String>, blindSpot: @escaping @Sendable () -> Failure?, complaints: [String], configuration: String,
        configurationFiles: FileWatch, programFiles: FileWatch
    ) {
        self.resolver = resolver
        self.cache = cache
        self.pluginProviders = pluginProviders
        self.providers = providers
        self.dormantProviders = dormantProviders
        self.blindSpot = blindSpot
        self.complaints = complaints
        self.configuration = configuration
        self.configurationFiles = configurationFiles
        self.programFiles = programFiles
    }
}
