import TabardCore
import TabardCrypto

/// The last signing key: it stays the same for one secret, day, region and service, and costs four HMACs to derive.
///
/// A value: whoever signs often holds one, and it is wiped with its holder.
public struct SigV4KeyCache: Sendable {
    private var last: (secret: Secret, scope: String, key: Secret)?

    /// Makes an empty cache.
    public init() {}

    /// The key for signing under that scope (AWS Signature Version 4, "derive a signing key").
    mutating func key(for secret: Secret, date: String, region: String, service: String) -> Secret {
        let scope = "\(date)/\(region)/\(service)"
        if let last, last.scope == scope, last.secret.hasSameBytes(as: secret) { return last.key }
        var start = SecretBuffer(capacity: 4 + secret.count)
        start.append("AWS4")
        start.append(secret)
        var key = start.freeze()
        for step in [date, region, service, "aws4_request"] { key = HMACSHA256.derive(step, key: key) }
        last = (secret, scope, key)
        return key
    }
}
