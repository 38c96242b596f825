import TabardConfig
import TabardCore
import TabardHost
import TabardSystem

/// The files of plugins, by the loader's own rules.
extension Doctor {
    mutating func checkPlugins() {
        if node.trust == .relaxed {
            report.add(
                .warning, .plugins, "TABARD_PLUGIN_RELAXED", "is 1: plugins are loaded whoever owns them",
                why: "whoever can write one of them gets every credential of this node", fix: "unset it; it is for development")
        }
        for folder in node.pluginFolders.paths { check(folder: folder) }
        var owners: [String: String] = [:]
        for plugin in plugins {
            for provider in plugin.manifest?.providers ?? [] {
                if let first = owners[provider.id] {
                    report.add(
                        .warning, .plugins, plugin.path,
                        "its provider \(provider.id) is not used: \(first) has it too, and was found first",
                        why: "settings and patterns of the two may differ", fix: "remove one of the two files")
                } else {
                    owners[provider.id] = plugin.path
                }
            }
        }
    }

    private mutating func check(folder: String) {
        let names: [String]
        do throws(SystemError) {
            names = try FileSystem.names(in: files.place(folder)).filter { $0.hasSuffix(".so") }
        } catch {
            report.add(
                .error, .plugins, folder, error.meaning, why: "without plugins there are no cloud credentials",
                fix: "install the plugins, or name their folder with --plugin-dir or TABARD_PLUGIN_PATH")
            return
        }
        if names.isEmpty {
            report.add(
                .error, .plugins, folder, "it has no plugin (\(node.pluginFolders.source))",
                why: "without plugins there are no cloud credentials", fix: "install the plugins there, or name another folder")
        }
        for name in names { check(plugin: "\(folder)/\(name)") }
    }

    private mutating func check(plugin path: String) {
        let manifestPath = "\(path.dropLast(3)).json"
        var isUsable = false
        do throws(SystemError) {
            if let complaint = distrust(of: path) {
                report.add(
                    .error, .plugins, path, "it is not loaded: \(complaint)",
                    why: "a plugin runs with all rights of its host, and whoever can write there gets every credential of this node",
                    fix: "plugins and the folders above them belong to root, mode 0755")
            } else if let complaint = try SharedObjectCheck.complaint(about: files.place(path)) {
                report.add(.error, .plugins, path, complaint, fix: "install the plugin again, for this machine's processor")
            } else {
                isUsable = true
            }
        } catch {
            report.add(.error, .plugins, path, error.meaning, fix: "plugins have the mode 0644")
        }
        let manifest = manifest(manifestPath, of: path)
        plugins.append(InstalledPlugin(path: path, manifest: manifest))
        let ids = manifest?.providers.map(\.id) ?? []
        report.plugins.append(.init(file: path, version: manifest?.version ?? "", providers: ids))
        guard isUsable, let manifest else { return }
        report.add(.ok, .plugins, path, "version \(manifest.version), providers \(ids.joined(separator: ", "))")
    }

    private mutating func manifest(_ path: String, of plugin: String) -> PluginManifest? {
        if let complaint = distrust(of: path) {
            report.add(
                .error, .plugins, path, "the manifest is not used: \(complaint)",
                why: "the plugin is loaded for every question, to be asked",
                fix: "manifests belong to root, mode 0644")
            return nil
        }
        do throws(Failure) {
            return try PluginManifest.load(path: files.place(path))
        } catch {
            report.add(
                error.code == .notFound ? .warning : .error, .plugins, path,
                error.code == .notFound ? "there is no manifest beside the plugin" : "\(error.subject): \(error.reason)",
                why: "the plugin is loaded for every question, to be asked", fix: "tabard manifest \(plugin) > \(path)")
            return nil
        }
    }

    /// Why the host would not load a plugin or read its manifest; nil when it would.
    private func distrust(of path: String) -> String? {
        files.distrust(of: path) { (resolved, root) throws(SystemError) in
            try node.trust.complaint(aboutFileAndFolders: resolved, below: root)
        }
    }

    /// Who else could have written a file that somebody named; nil when nobody could.
    func distrust(ofNamed path: String) -> String? {
        files.distrust(of: path) { (resolved, root) throws(SystemError) in
            try PluginTrust.ownersOnly.complaint(aboutFileAndFolders: resolved, below: root, allowingSticky: true)
        }
    }
}
