import CTabard
import TabardCore
import TabardSystem

/// Brings a plugin's file into this process, for good.
struct PluginLoader: Sendable {
    let trust: PluginTrust
    let services: HostServices

    /// Checks, opens and reads the plugin at `path`.
    ///
    /// Since nobody but root and the effective user can write to the file or to any folder above it, what was checked is what is opened.
    /// - Throws: What is wrong with the file, and what to do about it where something can be done.
    func load(_ path: String) throws(Failure) -> PluginHandle {
        let resolved = try checked(path)
        services.log(.info(4), "Loading plugin: \(path)")
        let library: DynamicLibrary
        do throws(DynamicLibrary.LoadError) {
            library = try CrashReport.naming("the plugin \(path), while it was loaded,") { () throws(DynamicLibrary.LoadError) in
                try DynamicLibrary(path: resolved, binding: .now)
            }
        } catch {
            throw PluginHandle.refused(path, "the dynamic linker refused it: \(error)", advice: "compare its needs with `ldd \(path)`")
        }
        guard let address = try? library.address(of: TABARD_ENTRY_SYMBOL) else {
            throw PluginHandle.refused(
                path, "lacks \(TABARD_ENTRY_SYMBOL)", advice: "it is no Tabard plugin, or one of another major version")
        }
        let entry = unsafeBitCast(address, to: tabard_plugin_entry_v1_fn.self)
        return try PluginHandle(path: path, entry: entry, services: services, trust: trust)
    }

    /// The resolved path of a file that may be opened.
    private func checked(_ path: String) throws(Failure) -> String {
        let file: PluginTrust.Judgement
        let complaint: String?
        do throws(SystemError) {
            file = try trust.judge(path)
            complaint = file.status.kind == .regular ? try SharedObjectCheck.complaint(about: file.resolved) : "is not a regular file"
        } catch {
            throw PluginHandle.refused(path, error.description, code: .local)
        }
        if file.status.kind == .regular, let distrust = file.complaint {
            throw PluginHandle.refused(
                path, distrust, advice: "plugins and the folders above them belong to root, mode 0755", code: .local)
        }
        // No plugin at all, so no image can be missing one: see PluginCatalog.blindSpot.
        if let complaint { throw PluginHandle.refused(path, complaint, code: .notFound) }
        return file.resolved
    }
}
