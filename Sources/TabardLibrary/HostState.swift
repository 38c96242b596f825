import TabardCache
import TabardConfig
import TabardCore
import TabardExecPlugins
import TabardHost
import TabardSystem

/// What one reading of the configuration made: replaced as a whole by the next one.
struct HostState: Sendable {
    let configuration: TabardConfiguration
    let catalog: PluginCatalog
    let programs: ExecPluginCatalog
    let resolver: CredentialResolver
    let cache: CredentialCache
    /// nil when sources are asked only during a resolve.
    let scheduler: RefreshScheduler?

    /// Reads everything that the options name.
    ///
    /// - Parameter last: What is in force; its cache goes on when no provider is configured otherwise.
    init(_ options: OpenOptions, services: HostServices, after last: HostState?) throws(Failure) {
        let log = services.log
        let configuration = try options.configuration()
        let dockerConfig = options.dockerConfig
        let statics = try WatchedCredentials(log: log) { log throws(Failure) in
            try StaticCredentials.search(dockerConfig: dockerConfig, log: log)
        }
        catalog = try PluginCatalog(
            directories: options.pluginDirectories, configuration: configuration, services: services, trust: .fromEnvironment(log: log),
            isolation: PluginIsolation(beside: FileSystem.objectPath))
        programs = try ExecPluginCatalog(configuration: configuration, taken: Set(catalog.providers.map(\.id)), services: services)
        let registry = ProviderRegistry(catalog.providers + programs.providers, log: log)
        // The arguments and variables of programs stand in another file: what they answered before is asked again.
        if let last, last.programs.providers.isEmpty, programs.providers.isEmpty,
            configuration.providersConfiguredOtherwise(than: last.configuration).isEmpty
        {
            cache = last.cache
            scheduler = last.scheduler
        } else {
            cache = CredentialCache(clocks: services.clocks, log: log)
            do throws(SystemError) {
                scheduler = options.refreshesAhead ? try RefreshScheduler(cache: cache) : nil
            } catch {
                throw Failure(.local, attempting: "starting the refresh thread", reason: error.description)
            }
        }
        resolver = CredentialResolver(watching: statics, registry: registry, cache: cache, log: log)
        self.configuration = configuration
    }

    /// What is found but not used.
    var problems: [Failure] {
        (catalog.rejected + programs.rejected).map {
            Failure(.local, attempting: "looking for plugins", on: $0.path, reason: $0.reason, source: $0.path)
        }
            + resolver.warnings.map { Failure(.invalid, attempting: "reading docker credentials", reason: $0, source: ".dockercfg") }
    }

    /// Ends the refreshes; whoever still waits for an answer gets it.
    func retire() {
        cache.stopRefreshing()
        scheduler?.join()
    }

    /// Ends the cache and its thread.
    ///
    /// - Returns: Whether every fetch has ended.
    func close(until deadline: Int64) -> Bool {
        let hasEnded = cache.close(until: deadline)
        scheduler?.join()
        return hasEnded
    }
}
