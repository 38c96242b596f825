import TabardCore
import TabardCrypto
import TabardJSON
import TabardSigning

/// A certificate of an application with its key, which prove it to Entra ID.
struct ClientCertificate: Sendable {
    private let key: RSAKey
    private let sendsChain: Bool

    /// Reads a file of PEM blocks or PKCS#12.
    ///
    /// - Parameters:
    ///   - sendsChain: Whether the certificates go along, for applications that trust a subject name and an issuer instead of one certificate.
    ///   - place: The file, for messages.
    init(_ file: Secret, password: Secret?, sendsChain: Bool, place: String) throws(Failure) {
        let isPEM = file.withBytes { bytes in
            let mark = Array("-----BEGIN".utf8)
            return bytes.split(separator: 0x0A).contains { $0.starts(with: mark) }
        }
        key = try RSAKey(file, isPEM ? .pem : .pkcs12, password: password, place: place)
        guard key.hasOwnCertificate else {
            throw Failure(
                .invalid, attempting: "reading the client certificate", on: place, reason: "it has no certificate that belongs to its key",
                advice: "put the certificate, in PEM, behind the key")
        }
        self.sendsChain = sendsChain
    }

    /// How long an assertion is good for.
    private static let life: Int64 = 600

    /// The assertion for one question ("Microsoft identity platform application authentication certificate credentials").
    ///
    /// - Parameters:
    ///   - endpoint: Where it goes. AD FS, by its path, knows neither PS256 nor thumbprints by SHA-256.
    ///   - now: By the directory's clock.
    func assertion(client: String, endpoint: WebURL, now: UTCTime) throws(Failure) -> Secret {
        let isADFS = endpoint.path.lowercased().hasPrefix("/adfs/")
        let certificate = key.certificates[0]
        let start = now.unixSeconds
        return try TabardSigning.JSONWebToken.signed(by: key, isADFS ? .rs256 : .ps256) { json in
            if isADFS {
                json.field("x5t", TabardSigning.JSONWebToken.encoded(SHA1.digest(of: certificate)))
            } else {
                json.field("x5t#S256", TabardSigning.JSONWebToken.encoded(SHA256.hash(certificate).bytes))
            }
            if sendsChain { json.field("x5c", key.certificates.map { der in der.withUnsafeBytes { Base64.encode($0) } }) }
        } claims: { json in
            json.field("aud", endpoint.description)
            json.field("iss", client)
            json.field("sub", client)
            json.field("jti", Self.identifier())
            json.field("iat", start)
            json.field("nbf", start)
            json.field("exp", start + Self.life)
        }
    }

    /// Never the same twice, so that no assertion can be replayed.
    private static func identifier() -> String {
        TabardSigning.JSONWebToken.encoded((0..<16).map { _ in UInt8.random(in: 0...255) })
    }
}
