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
        let user = FileSystem.effectiveUser
        var place = root.isEmpty ? "/" : root
        if let complaint = Self.complaint(about: place, try FileStatus(of: place, followingLinks: false), user, allowsSticky) {
            return complaint
        }
        place = root
        for component in path.utf8.split(separator: UInt8(ascii: "/")) {
            place += "/\(Substring(component))"
            if let complaint = Self.complaint(about: place, try FileStatus(of: place, followingLinks: false), user, allowsSticky) {
                return complaint
            }
        }
        return nil
    }

    /// What a path leads to, and why that may not be used.
    package struct Judgement: Sendable {
        /// The path without links.
        package let resolved: String
        /// What is there.
        package let status: FileStatus
        /// Why it may not be used; nil when it may.
        package let complaint: String?
    }

    /// Resolves a path and judges what it leads to with all folders above, in one walk where no link is on the way.
    package func judge(_ path: String) throws(SystemError) -> Judgement {
        if self == .ownersOnly, let judgement = try walk(path) { return judgement }
        let resolved = try FileSystem.resolvedPath(path)
        return Judgement(
            resolved: resolved, status: try FileStatus(of: resolved), complaint: try complaint(aboutFileAndFolders: resolved))
    }

    /// Judges a file of a folder that is judged already.
    package func judge(_ name: String, in folder: Judgement) throws(SystemError) -> Judgement {
        let path = "\(folder.resolved)/\(name)"
        let status = try FileStatus(of: path, followingLinks: false)
        guard status.kind != .symbolicLink else { return try judge(path) }
        let complaint = self == .relaxed ? nil : folder.complaint ?? Self.complaint(about: path, status, FileSystem.effectiveUser, false)
        return Judgement(resolved: path, status: status, complaint: complaint)
    }

    /// nil when the path has a link in it, or is not written as realpath(3) would.
    private func walk(_ path: String) throws(SystemError) -> Judgement? {
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        let user = FileSystem.effectiveUser
        var status = try FileStatus(of: "/", followingLinks: false)
        var complaint = Self.complaint(about: "/", status, user, false)
        var place = ""
        for component in path.utf8.split(separator: UInt8(ascii: "/")) {
            let name = Substring(component)
            guard name != ".", name != ".." else { return nil }
            place += "/\(name)"
            status = try FileStatus(of: place, followingLinks: false)
            guard status.kind != .symbolicLink else { return nil }
            if complaint == nil { complaint = Self.complaint(about: place, status, user, false) }
        }
        return Judgement(resolved: place.isEmpty ? "/" : place, status: status, complaint: complaint)
    }

    private static func complaint(about path: String, _ status: FileStatus, _ user: UInt32, _ allowsSticky: Bool) -> String? {
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
