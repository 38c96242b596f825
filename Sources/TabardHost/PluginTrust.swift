public import TabardCore
package import TabardSystem

/// Which files may run inside this process: only those that nobody but root and the process's own user could have written.
public enum PluginTrust: Sendable {
    /// The file and every folder above it belong to root or the effective user, and neither group nor others may write to them.
    case ownersOnly
    /// No such check: for a build tree or tests, where folders above may be `/tmp`. Said in the log once.
    case relaxed

    /// `ownersOnly`, unless `TABARD_PLUGIN_RELAXED=1` (ignored with raised privileges).
    public static func fromEnvironment(log: LogSink) -> PluginTrust {
        guard Environment.trustedValue("TABARD_PLUGIN_RELAXED") == "1" else { return .ownersOnly }
        log(.warning, "TABARD_PLUGIN_RELAXED=1: plugins are loaded whoever owns them; for development only")
        return .relaxed
    }

    /// Why the file at `path` (resolved, without links) may not be used, or nil when it may.
    ///
    /// - Parameters:
    ///   - root: What stands for `/`, without a slash at its end: nothing above it is looked at.
    ///   - allowsSticky: Whether everybody may add files to a folder such as `/tmp`: right for a file that was named, which nobody else can
    ///     replace there, and wrong where whatever lies in a folder is taken.
    package func complaint(
        aboutFileAndFolders path: String, below root: String = "", allowingSticky allowsSticky: Bool = false
    ) throws(SystemError) -> String? {
        guard self == .ownersOnly else { return nil }
        if let complaint = try Self.complaint(about: root.isEmpty ? "/" : root, allowsSticky) { return complaint }
        var prefix = root
        for component in path.split(separator: "/") {
            prefix += "/\(component)"
            if let complaint = try Self.complaint(about: prefix, allowsSticky) { return complaint }
        }
        return nil
    }

    private static func complaint(about path: String, _ allowsSticky: Bool) throws(SystemError) -> String? {
        let status = try FileStatus(of: path, followingLinks: false)
        let user = FileSystem.effectiveUser
        guard status.owner == 0 || status.owner == user else {
            return "\(path) belongs to user \(status.owner), neither root nor \(user)"
        }
        // A sticky folder keeps others from replacing files, not from adding some.
        let isSafeFolder = allowsSticky && status.kind == .directory && status.mode & 0o1000 != 0
        guard status.mode & 0o022 == 0 || isSafeFolder else {
            let who = status.mode & 0o002 != 0 ? "everybody" : "its group"
            return "\(path) can be written by \(who) (mode 0\(String(status.mode, radix: 8)))"
        }
        return nil
    }
}
