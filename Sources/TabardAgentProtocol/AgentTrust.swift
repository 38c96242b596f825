public import TabardSystem

/// Whether a socket is one that a token may be sent to: only root and this user can have made it, and only they listen there.
public enum AgentTrust {
    /// Why the file of the socket, or the folder that it stands in, is not to be trusted; nil when it is.
    ///
    /// Groups may be let in to ask (`--group`), so the socket itself may be writable for its group; the folder never is.
    public static func complaint(aboutSocket path: String, user: UInt32 = FileSystem.effectiveUser) throws(SystemError) -> String? {
        let socket = try FileStatus(of: path, followingLinks: false)
        guard socket.kind == .socket else { return "it is no socket" }
        if let complaint = complaint(about: socket, user: user, writableBits: 0o002) { return "it \(complaint)" }
        let folder = folder(of: path)
        return try complaint(aboutFolder: folder, user: user).map { "its folder \(folder) \($0)" }
    }

    /// Why others could put a socket of theirs into a folder; nil when they cannot.
    public static func complaint(aboutFolder folder: String, user: UInt32 = FileSystem.effectiveUser) throws(SystemError) -> String? {
        complaint(about: try FileStatus(of: folder), user: user, writableBits: 0o022)
    }

    /// Why whoever listens is not to be trusted; nil when it is.
    public static func complaint(about peer: PeerIdentity, user: UInt32 = FileSystem.effectiveUser) -> String? {
        peer.user == 0 || peer.user == user ? nil : "user \(peer.user) listens there, neither root nor \(user)"
    }

    /// The folder that a path stands in.
    public static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
    }

    private static func complaint(about status: FileStatus, user: UInt32, writableBits: UInt32) -> String? {
        guard status.owner == 0 || status.owner == user else { return "belongs to user \(status.owner), neither root nor \(user)" }
        guard status.mode & writableBits == 0 else { return "can be written by others (mode 0\(String(status.mode, radix: 8)))" }
        return nil
    }
}
