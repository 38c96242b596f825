import CTabardDigest

/// SHA-256 (FIPS 180-4) over bytes that arrive in pieces, with the processor's instructions where it has them.
///
/// A copy of the value goes on from the same point on its own.
public struct SHA256: Sendable {
    /// Which implementation computes.
    public enum Implementation: Sendable, CaseIterable {
        /// The processor's instructions (SHA-NI, Armv8 SHA2) when it has them, else portable C.
        case fastest
        /// Portable C even so: how tests compare the two.
        case portable
    }

    private var context = tabard_sha256()

    /// Starts a computation.
    public init(_ implementation: Implementation = .fastest) {
        tabard_sha256_init(&context, implementation == .portable ? 1 : 0)
    }

    /// Takes in the next bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        tabard_sha256_update(&context, bytes.baseAddress, bytes.count)
    }

    /// Takes in the next bytes.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Takes in the UTF-8 bytes of `text`.
    public mutating func update(_ text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    /// The digest of everything taken in.
    public consuming func finish() -> Digest {
        Digest(
            bytes: [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
                tabard_sha256_finish(&context, buffer.baseAddress)
                count = 32
            })
    }

    /// The digest of `bytes`.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }

    /// The digest of `bytes`.
    public static func hash(_ bytes: [UInt8]) -> Digest {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// The digest of the UTF-8 bytes of `text`.
    public static func hash(_ text: String) -> Digest {
        var hash = SHA256()
        hash.update(text)
        return hash.finish()
    }
}
