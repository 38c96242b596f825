import Glibc

/// The address of a unix(7) socket.
struct UnixAddress {
    private var raw = sockaddr_un()
    private var size = socklen_t(MemoryLayout<sockaddr_un>.size)

    /// The longest path that fits, in bytes.
    static let longestPath = 107

    init(_ path: String) throws(SystemError) {
        guard !path.isEmpty, path.utf8.count <= Self.longestPath, !path.utf8.contains(0) else {
            throw SystemError("socket", on: path, number: path.utf8.count > Self.longestPath ? ENAMETOOLONG : EINVAL)
        }
        raw.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &raw.sun_path) { $0.copyBytes(from: path.utf8) }
    }

    func withAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: raw) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }

    /// Makes it a name outside the file system, as many bytes long as the path: the first of them becomes zero.
    mutating func makeAbstract(length: Int) {
        raw.sun_path.0 = 0
        size = socklen_t(MemoryLayout<sa_family_t>.size + length)
    }
}
