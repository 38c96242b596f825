/// The name of bytes by their hash, as `sha256:…` (OCI image-spec, descriptor.md, "Digests").
///
/// Only the algorithms that the image-spec registers and this package computes; only lower-case digits of the exact length.
public struct ContentDigest: Sendable, Hashable {
    /// A registered algorithm.
    public enum Algorithm: String, Sendable, CaseIterable {
        /// SHA-256: 64 digits.
        case sha256
        /// SHA-512: 128 digits.
        case sha512

        /// How many hexadecimal digits its digests have.
        public var hexCount: Int { self == .sha256 ? 64 : 128 }
    }

    /// Which hash.
    public let algorithm: Algorithm
    /// The hash in lower-case hexadecimal.
    public let hex: String

    /// Reads `algorithm:hex`. Throws `.invalid`, with different reasons for a malformed digest and for an algorithm that is not supported.
    public init(_ text: String) throws(Failure) {
        let bytes = text.utf8.span
        func refuse(_ reason: String) -> Failure {
            Failure(.invalid, attempting: "reading a digest", on: text.quotedInFailure, reason: reason)
        }
        var colon = 0
        while colon < bytes.count, bytes[colon] != UInt8(ascii: ":") { colon += 1 }
        guard colon > 0, colon < bytes.count, Self.isAlgorithmName(bytes, upTo: colon) else {
            throw refuse("it must look like sha256:… with 64 hexadecimal digits")
        }
        guard let algorithm = Algorithm(rawValue: text.slice(0..<colon)) else {
            throw refuse("the digest algorithm is unsupported: use sha256 or sha512, in lower case")
        }
        let count = bytes.count - colon - 1
        guard count == algorithm.hexCount else {
            throw refuse("\(algorithm.rawValue) needs \(algorithm.hexCount) hexadecimal digits, there are \(count) bytes")
        }
        for index in (colon + 1)..<bytes.count where !bytes[index].isLowerHex {
            throw refuse("byte \(index + 1) is not a lower-case hexadecimal digit")
        }
        self.algorithm = algorithm
        hex = text.slice((colon + 1)..<bytes.count)
    }

    /// Names a finished hash.
    ///
    /// - Parameter bytes: 32 bytes for SHA-256, 64 for SHA-512.
    public init(_ algorithm: Algorithm, bytes: some Sequence<UInt8>) {
        self.algorithm = algorithm
        var digits: [UInt8] = []
        digits.reserveCapacity(algorithm.hexCount)
        for byte in bytes {
            digits.append(.hexDigit(byte >> 4))
            digits.append(.hexDigit(byte & 15))
        }
        precondition(digits.count == algorithm.hexCount, "a hash of the wrong length")
        hex = String(decoding: digits, as: UTF8.self)
    }

    /// Components of letters and digits with one of `+._-` between them.
    private static func isAlgorithmName(_ bytes: borrowing Span<UInt8>, upTo end: Int) -> Bool {
        var wasSeparator = true
        for index in 0..<end {
            switch bytes[index] {
            case let byte where byte.isLetterOrDigit: wasSeparator = false
            case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                if wasSeparator { return false }
                wasSeparator = true
            default: return false
            }
        }
        return !wasSeparator
    }
}

extension ContentDigest: CustomStringConvertible {
    /// `algorithm:hex`.
    public var description: String { "\(algorithm.rawValue):\(hex)" }
}
