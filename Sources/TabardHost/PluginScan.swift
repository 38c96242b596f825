import TabardConfig
import TabardCore
import TabardSystem

/// Reads folders for plugins and their manifests.
struct PluginScan {
    let loader: PluginLoader
    private(set) var files: [PluginFile] = []
    private(set) var rejections: [PluginCatalog.Rejection] = []

    init(loader: PluginLoader) { self.loader = loader }

    private var log: LogSink { loader.services.log }

    /// Finds the `.so` files of one folder, by name.
    mutating func read(_ folder: String, namedBy source: String) {
        let names: [String]
        do {
            names = try FileSystem.names(in: folder).filter { $0.hasSuffix(".so") }
        } catch {
            log(.warning, "No plugins from \(folder) (\(source)): \(error.meaning)")
            rejections.append(PluginCatalog.Rejection(path: folder, reason: error.meaning))
            return
        }
        for name in names {
            let path = "\(folder)/\(name)"
            let file = PluginFile(path: path, manifest: manifest(of: path), loader: loader)
            // Asked now, since nothing else says what it serves; a refusal is logged and kept by the file.
            if file.manifest == nil { _ = try? file.handle() }
            files.append(file)
        }
    }

    /// The manifest beside a plugin, or nil with a line that says why. Nothing is read that others could have written.
    private func manifest(of path: String) -> PluginManifest? {
        let place = "\(path.dropLast(3)).json"
        if let distrust = distrust(of: place) {
            log(.error, "The manifest \(place) is not used: \(distrust)")
            return nil
        }
        do throws(Failure) {
            return try PluginManifest.load(path: place)
        } catch {
            if error.code == .notFound {
                log(.warning, "\(path) has no manifest and is loaded to be asked; write \(place) with `tabard manifest`")
            } else {
                log(.error, "\(error); the plugin is loaded to be asked")
            }
            return nil
        }
    }

    private func distrust(of place: String) -> String? {
        do throws(SystemError) {
            return try loader.trust.complaint(aboutFileAndFolders: FileSystem.resolvedPath(place))
        } catch {
            return error.isNotFound ? nil : error.description
        }
    }
}
