import TabardCore
import TabardCrypto

/// The digest of bytes that arrive in pieces, by the algorithm that a descriptor names.
enum ContentHasher: Sendable {
    case sha256(SHA256)
    case sha512(SHA512)

    init(_ algorithm: ContentDigest.Algorithm) {
        switch algorithm {
        case .sha256: self = .sha256(SHA256())
        case .sha512: self = .sha512(SHA512())
        }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .sha256(var hash):
            hash.update(bytes)
            self = .sha256(hash)
        case .sha512(var hash):
            hash.update(bytes)
            self = .sha512(hash)
        }
    }

    func finish() -> ContentDigest {
        switch self {
        case .sha256(let hash): ContentDigest(.sha256, bytes: hash.finish().bytes)
        case .sha512(let hash): ContentDigest(.sha512, bytes: hash.finish().bytes)
        }
    }

    /// The digest of bytes that are all here.
    static func digest(of bytes: [UInt8], _ algorithm: ContentDigest.Algorithm) -> ContentDigest {
        var hasher = ContentHasher(algorithm)
        bytes.withUnsafeBytes { hasher.update($0) }
        return hasher.finish()
    }
}
