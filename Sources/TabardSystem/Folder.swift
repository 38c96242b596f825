import Glibc

/// An open directory. Everything inside is reached relative to it, one name at a time and never through a symbolic link, so that nobody who
/// moves or links folders meanwhile can lead a write somewhere else.
public struct Folder: ~Copyable, Sendable {
    private let descriptor: FileDescriptor
    /// The path it was opened with, for messages.
    public let path: String

    /// What kind of thing a name stands for, and how large it is.
    public struct Entry: Sendable, Equatable {
        /// Whether it is a regular file; a symbolic link is not.
        public let isRegularFile: Bool
        /// Whether it is a directory.
        public let isFolder: Bool
        /// In bytes.
        public let size: Int64
    }

    /// Opens a directory by path; links in the path are followed.
    public init(path: String) throws(SystemError) {
        descriptor = try FileDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY)
        self.path = path
    }

    private init(descriptor: consuming FileDescriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens the directory `name` in this one, making it first if it is not there.
    ///
    /// - Parameter mode: The mode of a new directory, less the umask.
    public func folder(_ name: String, creating mode: UInt32? = nil) throws(SystemError) -> Folder {
        if let mode, mkdirat(descriptor.number, name, mode) != 0, errno != EEXIST { throw SystemError("mkdir", on: "\(path)/\(name)") }
        return Folder(descriptor: try open(name, flags: O_RDONLY | O_DIRECTORY), path: "\(path)/\(name)")
    }

    /// Opens the file `name` in this directory; the descriptor is not inherited, and a symbolic link is an error (ELOOP).
    public func open(_ name: String, flags: Int32, mode: UInt32 = 0o600) throws(SystemError) -> FileDescriptor {
        while true {
            let number = openat(descriptor.number, name, flags | O_CLOEXEC | O_NOFOLLOW, mode)
            if number >= 0 { return FileDescriptor(owning: number) }
            guard errno == EINTR else { throw SystemError("open", on: "\(path)/\(name)") }
        }
    }

    /// What `name` is, or nil when there is no such name.
    public func entry(_ name: String) throws(SystemError) -> Entry? {
        var status = stat()
        guard fstatat(descriptor.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return nil }
            throw SystemError("stat", on: "\(path)/\(name)")
        }
        let kind = status.st_mode & S_IFMT
        return Entry(isRegularFile: kind == S_IFREG, isFolder: kind == S_IFDIR, size: Int64(status.st_size))
    }

    /// Which file `name` stands for, or nil when there is no such name.
    func identity(of name: String) throws(SystemError) -> (device: dev_t, inode: ino_t)? {
        var status = stat()
        guard fstatat(descriptor.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return nil }
            throw SystemError("stat", on: "\(path)/\(name)")
        }
        return (status.st_dev, status.st_ino)
    }

    /// Moves `name` of this directory to `newName` of `destination`, replacing what is there in one step.
    public func move(_ name: String, to destination: borrowing Folder, as newName: String) throws(SystemError) {
        guard renameat(descriptor.number, name, destination.descriptor.number, newName) == 0 else {
            throw SystemError("rename", on: "\(path)/\(name)")
        }
    }

    /// Removes the file `name`; one that is not there is no error.
    public func remove(_ name: String) throws(SystemError) {
        guard unlinkat(descriptor.number, name, 0) == 0 || errno == ENOENT else { throw SystemError("unlink", on: "\(path)/\(name)") }
    }

    /// Removes everything in it, children first. Links are removed, not followed.
    public func removeAll() throws(SystemError) {
        for name in try names() {
            if try entry(name)?.isFolder == true {
                try folder(name).removeAll()
                guard unlinkat(descriptor.number, name, AT_REMOVEDIR) == 0 else { throw SystemError("rmdir", on: "\(path)/\(name)") }
            } else {
                try remove(name)
            }
        }
    }

    /// The names in it, sorted by bytes, without `.` and `..`.
    public func names() throws(SystemError) -> [String] {
        // A descriptor of its own: fdopendir takes it over, and its position must not be shared.
        let number = try open(".", flags: O_RDONLY | O_DIRECTORY).release()
        guard let stream = fdopendir(number) else {
            let problem = SystemError("opendir", on: path)
            close(number)
            throw problem
        }
        return try Self.names(reading: stream, of: path)
    }

    /// Reads a folder to its end and closes it.
    static func names(reading stream: OpaquePointer, of path: String) throws(SystemError) -> [String] {
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemError("readdir", on: path) }
                break
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        // Compared as bytes: the order must not depend on the locale or on Unicode equivalence.
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Returns when the names in it are on disk (fsync of the directory).
    public func sync() throws(SystemError) {
        try descriptor.sync(path)
    }
}
