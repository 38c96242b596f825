public import TabardCore
import TabardJSON

/// What a JSON Web Token (RFC 7519) says about its own life. Its signature is not checked: whoever carries a token only wants to know when
/// to ask for the next one, and the registry checks it anyway.
public struct JSONWebToken: Sendable {
    /// `exp`: when it ends, by the clock of who issued it.
    public let expires: UTCTime

    /// Nil for what is no token of three parts with a JSON object and a plausible `exp` in its middle.
    public init?(_ token: Secret) {
        let payload: Secret? = token.withBytes { bytes in
            let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
            return Base64.decode(UnsafeRawBufferPointer(rebasing: parts[1]), alphabet: .url, padding: .forbidden)
        }
        // A double holds milliseconds until far beyond any calendar.
        guard let payload, let root = try? JSONDocument(parsing: payload, limits: Self.limits).root, root.kind == .object,
            let seconds = root["exp"]?.double, (1..<9e9).contains(seconds)
        else { return nil }
        expires = UTCTime(unixNanoseconds: Int64(seconds * 1000) * 1_000_000)
    }

    private static let limits = JSONLimits(bytes: 64 << 10, depth: 16, values: 2000)
}
