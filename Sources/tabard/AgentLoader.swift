import TabardAgent
import TabardCache
import TabardCommand
import TabardConfig
import TabardCore
import TabardExecPlugins
import TabardHost
import TabardSystem

/// Reads the settings, manifests and exec plugins of an agent, for the first time and again.
///
/// The cache goes on from one reading to the next, but for the replies of providers that are told something different now.
final class AgentLoader: Sendable {
    private struct Reading: Sendable {
        let configuration: TabardConfiguration
        /// The CredentialProviderConfig with its files.
        let execFiles: FileWatch
        let execProviders: Set<String>
        // Ends with the cache.
        let scheduler: RefreshScheduler?
    }

    private let options: CommonOptions
    private let program: String
    private let log: LogSink
    private let last = Monitor<Reading?>(nil)

    init(options: CommonOptions, program: String, log: LogSink) {
        self.options = options
        self.program = program
        self.log = log
    }

    /// Reads everything; called by one thread at a time.
    ///
    /// - Parameter looked: The files that were read, as they were before; also when they cannot be used.
    func load(_ current: AgentHost?, _ looked: inout FileWatch) throws(Failure) -> AgentHost {
        let before = last.read { $0 }
        let directories = PluginDirectories.search(options: options.pluginFolders).paths
        let file = ConfigurationFile(option: options.configurationFile)
        looked.add([file.path] + directories)
        var programs = ExecPluginCatalog.empty
        var execFiles = FileWatch([])
        var changed: Set<String> = []
        let setup = try HostSetup(
            program: "tabard", options: options, file: file, isOneShot: false,
            others: { (configuration, taken, services) throws(Failure) in
                execFiles = FileWatch(Self.execFiles(of: configuration))
                looked.add(Self.execFiles(of: configuration))
                programs = try ExecPluginCatalog(configuration: configuration, taken: taken, services: services)
                return programs.providers
            },
            cache: { [log] configuration in
                let programs = Set(programs.providers.map(\.id))
                changed = before.map { Self.changed($0, configuration, execFiles, programs) } ?? []
                // What is on its way stays on its way, too.
                if let current, changed.isEmpty { return current.cache }
                return CredentialCache(clocks: SystemClocks(), log: log)
            }, log: log)
        let cache = setup.resolver.cache
        let execProviders = Set(programs.providers.map(\.id))
        var scheduler = before?.scheduler
        if current?.cache !== cache {
            if let current { try takeOver(from: current, without: changed, by: setup.resolver) }
            do throws(SystemError) {
                scheduler = try RefreshScheduler(cache: cache)
            } catch {
                throw Failure(.local, attempting: "starting the refresh thread", reason: error.description)
            }
        }
        last.withLock {
            $0 = Reading(
                configuration: setup.configuration, execFiles: execFiles, execProviders: execProviders, scheduler: scheduler)
        }
        let catalog = setup.catalog
        let plugins = Set(catalog.providers.map(\.id))
        return AgentHost(
            resolver: setup.resolver, cache: cache, pluginProviders: plugins, providers: plugins.union(execProviders),
            dormantProviders: Set(catalog.providers.filter(\.isDormant).map(\.id)), blindSpot: { catalog.blindSpot },
            complaints: (catalog.rejected + programs.rejected).map { "\($0.path): \($0.reason)" },
            configuration: setup.configuration.file ?? "\(file.path), which is not there", configurationFiles: looked,
            programFiles: FileWatch([program] + catalog.files.map(\.path)))
    }

    /// The providers whose earlier replies do not hold any more.
    private static func changed(
        _ before: Reading, _ configuration: TabardConfiguration, _ execFiles: FileWatch, _ execProviders: Set<String>
    ) -> Set<String> {
        let told = configuration.providersConfiguredOtherwise(than: before.configuration)
        let isSame =
            before.execFiles == execFiles && before.configuration.execProviderBinDir == configuration.execProviderBinDir
            && before.configuration.execProviderTimeout == configuration.execProviderTimeout
        return isSame ? told : told.union(before.execProviders).union(execProviders)
    }

    private func takeOver(from current: AgentHost, without changed: Set<String>, by resolver: CredentialResolver) throws(Failure) {
        var held = try current.cache.export()
        held.replies.removeAll { changed.contains($0.provider) }
        try resolver.cache.import(held) { resolver.fetch(for: $0) }
    }

    private static func execFiles(of configuration: TabardConfiguration) -> [String] {
        guard let path = configuration.execProviders else { return [] }
        return [path] + ((try? FileSystem.names(in: path)) ?? []).map { "\(path)/\($0)" }
    }
}
