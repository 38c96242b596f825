import Glibc

/// What the system says about one file: its kind, its owner, its mode.
public struct FileStatus: Sendable {
    /// What sort of thing has the name.
    public enum Kind: Sendable, Hashable {
        /// A file with bytes.
        case regular
        /// A folder.
        case directory
        /// A symbolic link; only when links are not followed.
        case symbolicLink
        /// A socket.
        case socket
        /// A device, a pipe.
        case other
    }

    private let raw: stat

    /// Asks stat(2), or lstat(2) when a link in the last component is to be looked at itself.
    public init(of path: String, followingLinks: Bool = true) throws(SystemError) {
        var raw = stat()
        let result = followingLinks ? stat(path, &raw) : lstat(path, &raw)
        guard result == 0 else { throw SystemError(followingLinks ? "stat" : "lstat", on: path) }
        self.raw = raw
    }

    /// Asks fstat(2) about an open file.
    public init(of descriptor: borrowing FileDescriptor) throws(SystemError) {
        var raw = stat()
        guard fstat(descriptor.number, &raw) == 0 else { throw SystemError("fstat") }
        self.raw = raw
    }

    /// What sort of thing it is.
    public var kind: Kind {
        switch raw.st_mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .directory
        case S_IFLNK: .symbolicLink
        case S_IFSOCK: .socket
        default: .other
        }
    }
    /// The numeric id of the user who owns it.
    public var owner: UInt32 { raw.st_uid }
    /// The numeric id of its group.
    public var group: UInt32 { raw.st_gid }
    /// The twelve permission bits.
    public var mode: UInt32 { raw.st_mode & 0o7777 }
    /// Bytes, for a regular file.
    public var size: Int64 { Int64(raw.st_size) }
    /// With `inode`, the identity of the file as long as it exists.
    public var device: UInt64 { UInt64(raw.st_dev) }
    /// See `device`.
    public var inode: UInt64 { UInt64(raw.st_ino) }
    /// When its bytes last changed, in nanoseconds since 1970.
    public var modifiedUnixNanoseconds: Int64 { Int64(raw.st_mtim.tv_sec) * 1_000_000_000 + Int64(raw.st_mtim.tv_nsec) }
}
