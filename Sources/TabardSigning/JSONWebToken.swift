public import TabardCore
public import TabardCrypto
public import TabardJSON

/// Tokens that a private key vouches for (RFC 7519), in the compact form of RFC 7515, section 3.1.
public enum JSONWebToken {
    /// Makes a signed token. Whoever has it can act as its subject, so it is a secret.
    ///
    /// - Parameters:
    ///   - header: Adds fields to the header, behind `alg` and `typ`.
    ///   - claims: Writes the fields of the claims.
    public static func signed(
        by key: RSAKey, _ algorithm: RSAKey.Algorithm, header: (inout JSONWriter) -> Void = { _ in },
        claims: (inout JSONWriter) -> Void
    ) throws(Failure) -> Secret {
        var head = JSONWriter()
        head.object { json in
            json.field("alg", algorithm.rawValue)
            json.field("typ", "JWT")
            header(&json)
        }
        var body = JSONWriter()
        body.object { claims(&$0) }
        let input = "\(encoded(head.finishBytes())).\(encoded(body.finishBytes()))"
        return Secret("\(input).\(encoded(try key.sign(Array(input.utf8), algorithm)))")
    }

    /// Base64url without padding (RFC 7515, section 2), as header fields such as `x5t#S256` want it too.
    public static func encoded(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { Base64.encode($0, alphabet: .url, padding: false) }
    }
}
