import CTabard
import CTabardHost
import TabardConfig
import TabardCore
import TabardHost
import TabardSystem

/// What a handle was opened with, copied: it is needed again for every reload.
struct OpenOptions: Sendable {
    let pluginFolders: [String]
    private let configurationFile: String?
    private let configurationText: [UInt8]?
    let dockerConfig: String?
    let application: String
    let refreshesAhead: Bool

    private static let longestPath = 4096

    init(_ options: UnsafePointer<tabard_open_options_v1>) throws(Failure) {
        let check = ArgumentCheck(function: "tabard_open_v1")
        try check.size(options.pointee.struct_size, MemoryLayout<tabard_open_options_v1>.size, of: "tabard_open_options_v1")
        let given = options.pointee
        try check.zero(given.flags & ~UInt32(TABARD_OPEN_NO_REFRESH | TABARD_OPEN_NO_AGENT), "flags")
        refreshesAhead = given.flags & UInt32(TABARD_OPEN_NO_REFRESH) == 0
        var folders: [String] = []
        for (index, folder) in try check.list(given.plugin_dirs, "plugin_dirs", most: 64).enumerated() {
            guard let path = try check.optional(folder, "plugin_dirs[\(index)]", limit: Self.longestPath), !path.isEmpty else {
                throw check.wrong("plugin_dirs[\(index)]", "is absent or empty")
            }
            folders.append(path)
        }
        pluginFolders = folders
        configurationFile = try check.optional(given.config_path, "config_path", limit: Self.longestPath)
        configurationText = try check.optional(given.config_text, "config_text", limit: 1 << 20).map { Array($0.utf8) }
        guard configurationFile == nil || configurationText == nil else {
            throw check.wrong("", "config_path and config_text are both there: give one")
        }
        dockerConfig = try check.optional(given.docker_config, "docker_config", limit: Self.longestPath)
        application = try check.optional(given.application, "application", limit: 128) ?? ""
        guard application.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw check.wrong("application", "may have visible ASCII and blanks only")
        }
    }

    /// Reads the configuration, for the first time or again.
    func configuration() throws(Failure) -> TabardConfiguration {
        if let configurationText { return try TabardConfiguration.parse(configurationText, file: "config_text") }
        return try ConfigurationFile(option: configurationFile).configuration()
    }

    /// Where plugins are looked for.
    var pluginDirectories: PluginDirectories {
        pluginFolders.isEmpty
            ? .search(besideLibrary: FileSystem.objectPath) : PluginDirectories(pluginFolders, source: "plugin_dirs")
    }
}
