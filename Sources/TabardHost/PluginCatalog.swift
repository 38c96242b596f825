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
    }

    /// Every `.so` that was found, folder by folder, by name.
    public let files: [PluginFile]
    /// The providers, first id first found.
    public let providers: [PluginProvider]
    private let refused: [Rejection]

    /// Reads the folders, one level deep.
    ///
    /// A plugin without a usable manifest is loaded to be asked, with a warning. Of two providers with one id the first wins.
    /// - Parameter chosen: The ids that the operator named (`--provider`); empty for all. An id that nobody has is an error.
    /// - Throws: `.invalid` for a setting or a chosen id that is wrong; what is wrong with a plugin is in `rejected` instead.
    public init(
        directories: PluginDirectories, configuration: TabardConfiguration, chosen: Set<String> = [], services: HostServices,
        trust: PluginTrust
    ) throws(Failure) {
        let log = services.log
        for warning in configuration.warnings { log(.warning, "\(warning)") }
        var scan = PluginScan(loader: PluginLoader(trust: trust, services: services))
        for folder in directories.paths { scan.read(folder, namedBy: directories.source) }
        var providers: [PluginProvider] = []
        var rejections = scan.rejections
        for file in scan.files {
            for manifest in file.description?.providers ?? [] {
                if let first = providers.first(where: { $0.id == manifest.id }) {
                    let reason = "its provider \(manifest.id) is also in \(first.file.path), which was found first"
                    log(.error, "\(file.path) is not used for \(manifest.id): \(reason)")
                    rejections.append(Rejection(path: file.path, reason: reason))
                    continue
                }
                // What is configured for providers that are not wanted now is not judged now.
                let isChosen = chosen.contains(manifest.id)
                providers.append(
                    try PluginProvider(
                        manifest: manifest, file: file, configuration: configuration.providers[manifest.id], isChosen: isChosen,
                        services: services))
            }
        }
        let known = providers.map(\.id)
        for id in chosen.sorted() where !known.contains(id) {
            let nearest = NearestName.to(id, among: known)
            throw Failure(
                .invalid, attempting: "choosing providers", on: id,
                reason: "no plugin in \(directories.paths.joined(separator: ", ")) has it",
                advice: nearest.map { "did you mean \"\($0)\"?" } ?? "known: \(known.sorted().joined(separator: ", "))")
        }
        for id in configuration.providers.keys.sorted() where !known.contains(id) {
            let nearest = NearestName.to(id, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
            log(.warning, "\(configuration.file ?? "--set"): providers.\(id): no plugin here has a provider of that id\(nearest)")
        }
        files = scan.files
        self.providers = chosen.isEmpty ? providers : providers.filter { chosen.contains($0.id) }
        refused = rejections
    }

    /// What is not used, and why: unusable folders and files, providers whose id was taken, and plugins that were refused since.
    public var rejected: [Rejection] {
        refused
            + files.compactMap { file in
                guard case .refused(let failure) = file.state else { return nil }
                return Rejection(path: file.path, reason: failure.advice.isEmpty ? failure.reason : "\(failure.reason); \(failure.advice)")
            }
    }
}
