import Glibc
package import TabardCore
package import TabardSystem

/// The files that plugins read: keys, tokens, settings of a cloud's SDK.
package enum SmallSecretFile {
    /// In bytes; more is none of these.
    static let limit = 256 << 10

    /// All bytes of a file.
    ///
    /// A pipe without a writer gives nothing instead of waiting for one.
    /// - Throws: What the system said, EFBIG for a file that is longer than 256 KiB.
    package static func read(_ path: String) throws(SystemError) -> Secret {
        let file = try FileDescriptor.open(path, flags: O_RDONLY | O_NONBLOCK)
        var buffer = SecretBuffer(capacity: 4096)
        var isTooLong = false
        try file.readPieces(of: 16 << 10) { piece in
            isTooLong = buffer.count + piece.count > limit
            if !isTooLong { buffer.append(piece) }
            return !isTooLong
        }
        if isTooLong { throw SystemError("read", on: path, number: EFBIG) }
        return buffer.freeze()
    }
}
