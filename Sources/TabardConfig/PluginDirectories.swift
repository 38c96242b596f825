import TabardSystem

/// The folders that plugins are looked for in.
public struct PluginDirectories: Sendable, Hashable {
    /// The folders, in the order in which they are read; an id of an earlier one wins.
    public let paths: [String]
    /// Who named them: `--plugin-dir`, `TABARD_PLUGIN_PATH`, or the place of installation.
    public let source: String

    /// These folders and no others.
    public init(_ paths: [String], source: String) {
        self.paths = paths
        self.source = source
    }

    /// The first of these that names any: `--plugin-dir` (`options`), `TABARD_PLUGIN_PATH` (colon separated, ignored with raised
    /// privileges), `lib/tabard/v1` beside the `bin` of this program, `/usr/lib/tabard/v1`.
    public static func search(options: [String]) -> PluginDirectories {
        search(options: options, variable: Environment.trustedValue("TABARD_PLUGIN_PATH"), program: FileSystem.executablePath)
    }

    /// The same for a library in somebody else's program, which says nothing about where plugins are: `TABARD_PLUGIN_PATH`, the folder
    /// `tabard/v1` beside the library, `/usr/lib/tabard/v1`.
    public static func search(besideLibrary path: String?) -> PluginDirectories {
        let listed = (Environment.trustedValue("TABARD_PLUGIN_PATH") ?? "").split(separator: ":").map(String.init)
        if !listed.isEmpty { return PluginDirectories(listed, source: "TABARD_PLUGIN_PATH") }
        if let path, let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) {
            let beside = "\(path[..<slash])/tabard/v1"
            if (try? FileStatus(of: beside))?.kind == .directory { return PluginDirectories([beside], source: "the place of installation") }
        }
        return PluginDirectories(["/usr/lib/tabard/v1"], source: "the place of installation")
    }

    static func search(options: [String], variable: String?, program: String?) -> PluginDirectories {
        if !options.isEmpty { return PluginDirectories(options, source: "--plugin-dir") }
        let listed = (variable ?? "").split(separator: ":").map(String.init)
        if !listed.isEmpty { return PluginDirectories(listed, source: "TABARD_PLUGIN_PATH") }
        if let program {
            // bin/program -> lib/tabard/v1
            let prefix = program.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" }
            let beside = "\(prefix)/lib/tabard/v1"
            if (try? FileStatus(of: beside))?.kind == .directory { return PluginDirectories([beside], source: "the place of installation") }
        }
        return PluginDirectories(["/usr/lib/tabard/v1"], source: "the place of installation")
    }
}
