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
        guard !names.isEmpty else { return }
        let judgement = judgement(of: folder)
        for name in names {
            let path = "\(folder)/\(name)"
            let file = PluginFile(path: path, manifest: manifest(of: name, in: folder, judgement), loader: loader)
            // Asked now, since nothing else says what it serves; a refusal is logged and kept by the file.
            if file.manifest == nil { _ = try? file.handle() }
            files.append(file)
        }
    }

    /// The manifest beside a plugin, or nil with a line that says why. Nothing is read that others could have written.
    private func manifest(
        of name: String, in folder: String, _ judgement: Result<PluginTrust.Judgement, SystemError>
    ) -> PluginManifest? {
        let path = "\(folder)/\(name)"
        let file = "\(name.dropLast(3)).json"
        let place = "\(folder)/\(file)"
        if let distrust = distrust(of: file, in: judgement) {
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

    /// The folder is walked to once, however many files are in it.
    private func judgement(of folder: String) -> Result<PluginTrust.Judgement, SystemError> {
        do throws(SystemError) {
            return .success(try loader.trust.judge(folder))
        } catch {
            return .failure(error)
        }
    }

    private func distrust(of file: String, in folder: Result<PluginTrust.Judgement, SystemError>) -> String? {
        do throws(SystemError) {
            return try loader.trust.judge(file, in: try folder.get()).complaint
        } catch {
            return error.isNotFound ? nil : error.description
        }
    }
}
