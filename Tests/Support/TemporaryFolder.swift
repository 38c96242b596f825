public import Glibc

/// A folder of one test, mode 0700, removed with everything in it when the last reference goes.
public final class TemporaryFolder: Sendable {
    /// Its absolute path, without a slash at the end.
    public let path: String

    /// Makes one under `TMPDIR` or `/tmp`.
    public init() {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/tabard-test-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "cannot make a temporary folder in \(parent)")
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { Self.remove(path) }

    /// The path of a name in it, which may have slashes.
    public func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file, making the folders above it. Returns its path.
    @discardableResult
    public func write(_ name: String, _ bytes: some Collection<UInt8>, mode: mode_t = 0o644) -> String {
        let file = path(name)
        var above = path
        for component in name.split(separator: "/").dropLast() {
            above += "/\(component)"
            mkdir(above, 0o755)
        }
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        precondition(descriptor >= 0, "cannot write \(file)")
        defer { close(descriptor) }
        fchmod(descriptor, mode)
        let content = Array(bytes)
        precondition(Glibc.write(descriptor, content, content.count) == content.count, "cannot write \(file)")
        return file
    }

    /// Writes a text file.
    @discardableResult
    public func write(_ name: String, _ text: String, mode: mode_t = 0o644) -> String { write(name, text.utf8, mode: mode) }

    /// Children first; a symbolic link is removed, not followed.
    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        // A test may have taken away the permission to list or change it.
        chmod(path, 0o700)
        if let stream = opendir(path) {
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
        }
        rmdir(path)
    }
}

extension TemporaryFolder {
    /// Makes a symbolic link; whether that worked.
    public static func link(_ target: String, at path: String) -> Bool { symlink(target, path) == 0 }
}
