import TabardConfig
import TabardCore
import TabardSystem

/// Reads folders for plugins and their manifests.
struct PluginScan {
    let loader: PluginLoader
    /// The ids that matter; empty for all. A manifest that names none of them is passed over with its plugin.
    let wanted: Set<String>
    private(set) var files: [PluginFile] = []
    private(set) var rejections: [PluginCatalog.Rejection] = []

    init(loader: PluginLoader, wanted: Set<String> = []) {
        self.loader = loader
        self.wanted = wanted
    }

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
            let file = "\(name.dropLast(3)).json"
            let content = read("\(folder)/\(file)", of: path)
            if let content, !mentionsWanted(content) { continue }
            let described = content.flatMap { manifest($0, in: file, of: folder, judgement) }
            let plugin = PluginFile(path: path, manifest: described, loader: loader)
            // Asked now, since nothing else says what it serves; a refusal is logged and kept by the file.
            if described == nil { _ = try? plugin.handle() }
            files.append(plugin)
        }
    }

    /// The bytes of the manifest beside a plugin, or nil with a line that says why.
    private func read(_ place: String, of path: String) -> [UInt8]? {
        do throws(Failure) {
            return try PluginManifest.content(of: place)
        } catch {
            if error.code == .notFound {
                log(.warning, "\(path) has no manifest and is loaded to be asked; write \(place) with `tabard manifest`")
            } else {
                log(.error, "\(error); the plugin is loaded to be asked")
            }
            return nil
        }
    }

    /// Whether a manifest may be of one of the wanted providers: a start that asks one provider need not understand the others' manifests.
    private func mentionsWanted(_ content: [UInt8]) -> Bool {
        // The letters of an id have one other form in JSON, \u with their number (RFC 8259, 7).
        if wanted.isEmpty || content.contains(text: "\\u") { return true }
        return wanted.contains { content.contains(text: "\"\($0)\"") }
    }

    /// What a manifest says, or nil with a line that says why. Nothing is believed that others could have written.
    private func manifest(
        _ content: [UInt8], in file: String, of folder: String, _ judgement: Result<PluginTrust.Judgement, SystemError>
    ) -> PluginManifest? {
        let place = "\(folder)/\(file)"
        if let distrust = distrust(of: file, in: judgement) {
            log(.error, "The manifest \(place) is not used: \(distrust)")
            return nil
        }
        do throws(Failure) {
            return try PluginManifest.parse(content, file: place)
        } catch {
            log(.error, "\(error); the plugin is loaded to be asked")
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
