import Glibc
package import TabardCore
package import TabardSystem

/// Reads small files that hold credentials into memory that is wiped.
package enum SecretFile {
    /// More is no docker config and no password.
    static let limit = 4 << 20

    /// All bytes of a file.
    ///
    /// A pipe without a writer gives nothing instead of blocking.
    package static func read(_ path: String) throws(SystemError) -> Secret {
        let file = try FileDescriptor.open(path, flags: O_RDONLY | O_NONBLOCK)
        var buffer = SecretBuffer()
        while true {
            let count = try withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { (chunk) throws(SystemError) in
                defer { if let base = chunk.baseAddress { explicit_bzero(base, chunk.count) } }
                let count = try file.read(into: chunk)
                buffer.append(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
                return count
            }
            if count == 0 { return buffer.freeze() }
            guard buffer.count <= limit else { throw SystemError("read", on: path, number: EFBIG) }
        }
    }

    /// The first line of a file, without its end: how passwords are kept in files.
    static func readPassword(_ path: String) throws(SystemError) -> Secret {
        let secret = try read(path)
        return secret.withBytes { bytes in
            var end = bytes.count
            if end > 0, bytes[end - 1] == UInt8(ascii: "\n") { end -= 1 }
            if end > 0, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            return Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[..<end]))
        }
    }

    /// What failed, for the operator.
    package static func failure(_ error: SystemError, attempting: String, on path: String, advice: String = "") -> Failure {
        Failure(
            error.number == ENOENT || error.number == ENOTDIR ? .notFound : .local, attempting: attempting, on: path, reason: error.meaning,
            advice: advice)
    }
}
