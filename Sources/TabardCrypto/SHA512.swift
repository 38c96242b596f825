import CTabardDigest

/// SHA-512 (FIPS 180-4) over bytes that arrive in pieces.
///
/// A copy of the value goes on from the same point on its own.
public struct SHA512: Sendable {
    private var context = tabard_sha512()

    /// Starts a computation.
    public init() {
        tabard_sha512_init(&context)
    }

    /// Takes in the next bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        tabard_sha512_update(&context, bytes.baseAddress, bytes.count)
    }

    /// The digest of everything taken in.
    public consuming func finish() -> Digest {
        Digest(
            bytes: [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
                tabard_sha512_finish(&context, buffer.baseAddress)
                count = 64
            })
    }

    /// The digest of `bytes`.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> Digest {
        var hash = SHA512()
        hash.update(bytes)
        return hash.finish()
    }
}
