import CTabardRSA
public import TabardCore

/// A private RSA key for signing tokens, with the certificates of its file. OpenSSL's libcrypto.so.3 computes; it is loaded for the first key.
public final class RSAKey: Sendable {
    /// How a signature is made, by its name in RFC 7518, section 3.1. Both hash with SHA-256.
    public enum Algorithm: String, Sendable {
        /// RSASSA-PKCS1-v1_5.
        case rs256 = "RS256"
        /// RSASSA-PSS with a salt of 32 bytes.
        case ps256 = "PS256"
    }

    /// What files of keys look like.
    public enum Container: Sendable {
        /// Text blocks: PKCS#1 or PKCS#8, also encrypted, with certificates before or behind the key (RFC 7468).
        case pem
        /// PKCS#12 (RFC 7292), mostly called `.pfx` or `.p12`.
        case pkcs12
    }

    // Made in init, freed in deinit, and never changed between: OpenSSL signs with one key on many threads.
    private nonisolated(unsafe) let key: OpaquePointer
    /// The certificates as DER, that of the key first.
    public let certificates: [[UInt8]]
    /// Whether the first certificate belongs to the key.
    public let hasOwnCertificate: Bool

    /// The largest file of a key that makes sense.
    public static let maximumFile = 256 << 10

    /// Reads a key.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - password: Of an encrypted key.
    ///   - place: Where the key is, for messages: a file, or a field of one.
    /// - Throws: `.invalid` for what is no RSA key of at least 2048 bits or needs another password, `.unsupported` without libcrypto.
    public init(_ bytes: Secret, _ container: Container, password: Secret? = nil, place: String) throws(Failure) {
        var problem: Int32 = 0
        var reason = [CChar](repeating: 0, count: 256)
        let read = container == .pem ? tabard_rsa_from_pem : tabard_rsa_from_pkcs12
        let found = bytes.withBytes { file in
            func parse(_ word: UnsafeRawBufferPointer?) -> OpaquePointer? {
                read(file.baseAddress, file.count, word?.baseAddress, word?.count ?? 0, &problem, &reason, reason.count)
            }
            return password.map { password in password.withBytes { parse($0) } } ?? parse(nil)
        }
        guard let found else {
            let text = reason.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            throw Self.failure(problem, text, container, place)
        }
        key = found
        certificates = (0..<tabard_rsa_certificate_count(found)).map { index in
            var size = 0
            let start = tabard_rsa_certificate(found, index, &size)
            return Array(UnsafeRawBufferPointer(start: start, count: size))
        }
        hasOwnCertificate = tabard_rsa_has_own_certificate(found) != 0
    }

    deinit { tabard_rsa_free(key) }

    /// Signs `bytes`.
    public func sign(_ bytes: [UInt8], _ algorithm: Algorithm) throws(Failure) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: tabard_rsa_signature_size(key))
        guard tabard_rsa_sign(key, algorithm == .ps256 ? 1 : 0, bytes, bytes.count, &signature) == 0 else {
            throw Failure(.internalFault, attempting: "signing a token", reason: "libcrypto could not sign with \(algorithm.rawValue)")
        }
        return signature
    }

    private static func failure(_ problem: Int32, _ text: String, _ container: Container, _ place: String) -> Failure {
        let said = text.isEmpty ? "" : " (\(text))"
        let isPEM = container == .pem
        let (code, reason, advice): (Failure.Code, String, String) =
            switch UInt32(bitPattern: problem) {
            case TABARD_RSA_NO_LIBRARY.rawValue:
                (.unsupported, "libcrypto.so.3 is needed for it: \(text)", "install OpenSSL 3 (Debian: libssl3)")
            case TABARD_RSA_NEEDS_PASSWORD.rawValue:
                (.invalid, "it is encrypted, and no password is given", "give the password, or decrypt the key with openssl")
            case TABARD_RSA_WRONG_PASSWORD.rawValue: (.invalid, "its password is another one", "give the password of this file")
            case TABARD_RSA_NO_RSA.rawValue: (.invalid, "it is no RSA key", "make an RSA key of at least 2048 bits")
            case TABARD_RSA_TOO_SMALL.rawValue:
                (.invalid, "it has fewer than the 2048 bits that RFC 7518 demands", "make an RSA key of at least 2048 bits")
            case TABARD_RSA_TOO_MANY.rawValue:
                (.invalid, "it has more certificates than a chain needs", "keep the key, its certificate and those of its authorities")
            default:
                (
                    .invalid, "there is no private key in it that can be read\(said)",
                    isPEM
                        ? "it should have a block BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY, whole"
                        : "export it again; OpenSSL 3 reads no RC2-encrypted files, which openssl pkcs12 -legacy converts"
                )
            }
        return Failure(code, attempting: "reading the private key", on: place, reason: reason, advice: advice)
    }
}
