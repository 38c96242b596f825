public import TabardConfig
public import TabardCore
import TabardSystem

/// The plugins in the folders of this host, read from their manifests: nothing is loaded that nobody asks for.
public struct PluginCatalog: Sendable {
    /// A file, folder or provider that is not used, and why.
    public struct Rejection: Sendable, Hashable {
        /// The file or folder.
        public let path: String
        /// Why it is not used.
        public let reason: String

        /// Names what is not used.
        package init(path: String, reason: String) {
            self.path = path
            self.reason = reason
        }
    }

    /// Every `.so` that was found, folder by folder, by name.
    public let files: [PluginFile]
    /// The providers, first id first found.
    public let providers: [PluginProvider]
    private let refused: [Rejection]

    /// Reads the folders, one level deep.
    ///
    /// A plugin without a usable manifest is loaded to be asked, with a warning. Of two providers with one id the first wins.
    /// - Parameters:
    ///   - chosen: The ids that the operator named (`--provider`); empty for all. An id that nobody has is an error.
    ///   - isolation: Runs the providers that are configured to have a process of their own; nil in such a process: all run in this one.
    /// - Throws: `.invalid` for a setting or a chosen id that is wrong; what is wrong with a plugin is in `rejected` instead.
    public init(
        directories: PluginDirectories, configuration: TabardConfiguration, chosen: Set<String> = [], services: HostServices,
        trust: PluginTrust, isolation: PluginIsolation? = nil
    ) throws(Failure) {
        let log = services.log
        for warning in configuration.warnings { log(.warning, "\(warning)") }
        let loader = PluginLoader(trust: trust, services: services)
        var scan = PluginScan(loader: loader, wanted: chosen)
        for folder in directories.paths { scan.read(folder, namedBy: directories.source) }
        var isWhole = chosen.isEmpty
        let found = scan.files
        if !chosen.allSatisfy({ id in found.contains { $0.has(id) } }) {
            // The refusal below names what is there.
            isWhole = true
            scan = PluginScan(loader: loader)
            for folder in directories.paths { scan.read(folder, namedBy: directories.source) }
        }
        var providers: [PluginProvider] = []
        var rejections = scan.rejections
        var owners: [String: String] = [:]
        for file in scan.files {
            for manifest in file.description?.providers ?? [] {
                if let first = owners[manifest.id] {
                    let reason = "its provider \(manifest.id) is also in \(first), which was found first"
                    log(.error, "\(file.path) is not used for \(manifest.id): \(reason)")
                    rejections.append(Rejection(path: file.path, reason: reason))
                    continue
                }
                owners[manifest.id] = file.path
                // What is configured for providers that are not wanted now is not judged now.
                let isChosen = chosen.contains(manifest.id)
                guard isChosen || chosen.isEmpty else { continue }
                providers.append(
                    try PluginProvider(
                        manifest: manifest, file: file, configuration: configuration.providers[manifest.id], isChosen: isChosen,
                        services: services, isolation: isolation, settingsFile: configuration.file))
            }
        }
        let known = owners.keys.sorted()
        let unusable = Self.refused(among: scan.files)
        for id in chosen.sorted() where owners[id] == nil {
            let nearest = NearestName.to(id, among: known)
            let broken = unusable.first.map { "\($0.path) cannot be used: \($0.reason)" }
            throw Failure(
                .invalid, attempting: "choosing providers", on: id,
                reason: "no plugin in \(directories.paths.joined(separator: ", ")) has it",
                advice: nearest.map { "did you mean \"\($0)\"?" } ?? broken ?? "known: \(known.joined(separator: ", "))")
        }
        // A scan for the chosen alone cannot tell whether another plugin has the others.
        for id in configuration.providers.keys.sorted() where isWhole && owners[id] == nil {
            let nearest = NearestName.to(id, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
            log(.warning, "\(configuration.file ?? "--set"): providers.\(id): no plugin here has a provider of that id\(nearest)")
        }
        files = scan.files
        self.providers = providers
        refused = rejections
    }

    /// What is not used, and why: unusable folders and files, providers whose id was taken, and plugins that were refused since.
    public var rejected: [Rejection] { refused + Self.refused(among: files) }

    /// Why "nobody serves this image" cannot be trusted: a plugin of which nobody knows what it serves is refused, or no plugin was found
    /// where they should be. Nil when every plugin has told its patterns.
    public var blindSpot: Failure? {
        for file in files where file.description == nil {
            if case .refused(let failure) = file.state, failure.code != .notFound { return failure }
        }
        guard files.isEmpty, let rejection = refused.first else { return nil }
        return Failure(
            .local, attempting: "looking for plugins", on: rejection.path, reason: rejection.reason,
            advice: "install them there, or name their folder with --plugin-dir or TABARD_PLUGIN_PATH")
    }

    private static func refused(among files: [PluginFile]) -> [Rejection] {
        files.compactMap { file in
            guard case .refused(let failure) = file.state else { return nil }
            return Rejection(path: file.path, reason: failure.advice.isEmpty ? failure.reason : "\(failure.reason); \(failure.advice)")
        }
    }
}
