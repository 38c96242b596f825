import CTabardSystem
import Glibc

/// Questions about names in the file system.
public enum FileSystem {
    /// The absolute path without links, `.` and `..` (realpath(3)).
    public static func resolvedPath(_ path: String) throws(SystemError) -> String {
        guard let text = realpath(path, nil) else { throw SystemError("realpath", on: path) }
        defer { free(text) }
        return String(cString: text)
    }

    /// What a symbolic link says (readlink(2)), or nil for whatever is none.
    public static func linkTarget(of path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            let count = readlink(path, base, buffer.count)
            return count < 0 ? nil : String(decoding: UnsafeRawBufferPointer(start: base, count: count), as: UTF8.self)
        }
    }

    /// The names in a folder, without `.` and `..`, in byte order.
    public static func names(in folder: String) throws(SystemError) -> [String] {
        guard let stream = opendir(folder) else { throw SystemError("opendir", on: folder) }
        return try Folder.names(reading: stream, of: folder)
    }

    /// All bytes of a file, for small files that are read whole.
    ///
    /// - Parameter limit: More bytes than this are an error (EFBIG), and at most one more is ever read.
    public static func contents(of path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let file = try FileDescriptor.open(path, flags: O_RDONLY)
        var bytes: [UInt8] = []
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: min(limit + 1, 65_536), alignment: 1)
        var used = 0
        defer {
            // The file may hold passwords. Memory that nothing was read into is not touched: each page of it would cost a fault.
            if let base = chunk.baseAddress { explicit_bzero(base, used) }
            chunk.deallocate()
        }
        while true {
            // One place reads, whatever the kind of file: size says nothing about /proc and pipes.
            let count = try file.read(into: chunk)
            if count == 0 { return bytes }
            used = max(used, count)
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[..<count]))
            guard bytes.count <= limit else { throw SystemError("read", on: path, number: EFBIG) }
        }
    }

    /// Makes a folder that only this user can enter, under `TMPDIR` or `/tmp` (mkdtemp(3)).
    public static func makeTemporaryFolder(_ prefix: String) throws(SystemError) -> String {
        let parent = Environment.nonEmptyValue("TMPDIR") ?? "/tmp"
        var template = Array("\(parent)/\(prefix)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", on: parent) }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Removes a folder and everything in it.
    public static func removeFolder(_ path: String) throws(SystemError) {
        try Folder(path: path).removeAll()
        guard rmdir(path) == 0 else { throw SystemError("rmdir", on: path) }
    }

    /// Whether this process may start that file.
    public static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

    /// The path of this program's own file, or nil without /proc and when that file is gone.
    public static var executablePath: String? {
        // The kernel's own word has no links in it: realpath(3) would look at each folder again. Of a file that was removed, or that is
        // outside of what this process sees as its root, it says so in the path.
        guard let path = linkTarget(of: "/proc/self/exe"), path.utf8.first == UInt8(ascii: "/") else { return nil }
        return path.hasSuffix(" (deleted)") ? try? resolvedPath(path) : path
    }

    /// The path of the shared object that this code was linked into, or of the program; nil when the dynamic linker does not know.
    public static var objectPath: String? {
        guard let path = tabard_object_path() else { return nil }
        return try? resolvedPath(String(cString: path))
    }

    /// The user whose rights this process has.
    public static var effectiveUser: UInt32 { geteuid() }

    /// The number of hard links of a file or folder, which is found without opening anything; nil where there is none.
    public static func linkCount(of path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_nlink) : nil
    }
}
