import TabardCore
import TabardCrypto
import TabardSystem
import TabardTestSupport
import Testing

/// Keys and signatures against the openssl command.
@Suite struct RSAKeyTests {
    /// What openssl made: `key.pem` (PKCS#8), `old.pem` (PKCS#1), `locked.pem`, `cert.pem`, `other.pem`, `all.pem`, `store.pfx`, `public.pem`.
    private static let folder: TemporaryFolder = {
        let folder = TemporaryFolder()
        let script = """
            set -e
            openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem
            openssl rsa -in key.pem -traditional -out old.pem
            openssl pkcs8 -topk8 -in key.pem -passout pass:sesame -out locked.pem
            openssl rsa -in key.pem -traditional -aes256 -passout pass:sesame -out locked-old.pem
            openssl req -new -x509 -key key.pem -subj /CN=mine -days 2 -out cert.pem
            openssl req -new -x509 -newkey rsa:2048 -nodes -keyout other-key.pem -subj /CN=other -days 2 -out other.pem
            cat other.pem cert.pem key.pem > all.pem
            openssl pkcs12 -export -inkey key.pem -in cert.pem -certfile other.pem -passout pass:sesame -out store.pfx
            openssl pkcs12 -export -inkey key.pem -in cert.pem -passout pass: -out open.pfx
            openssl pkey -in key.pem -pubout -out public.pem
            openssl x509 -in cert.pem -outform DER -out cert.der
            openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out small.pem
            openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out curve.pem
            head -c 900 key.pem > cut.pem
            """
        let result = try? Tool.run("sh", ["-c", "cd \(folder.path) && { \(script)\n}"])
        precondition(result?.status == 0, "openssl cannot make keys: \(String(describing: result))")
        return folder
    }()

    private static func key(_ file: String, _ container: RSAKey.Container = .pem, _ password: String? = nil) throws -> RSAKey {
        let bytes = try FileSystem.contents(of: folder.path(file), limit: RSAKey.maximumFile)
        return try RSAKey(bytes.withUnsafeBytes { Secret(copying: $0) }, container, password: password.map { Secret($0) }, place: file)
    }

    private static let readable: [(String, RSAKey.Container, String?, Int)] = [
        ("key.pem", .pem, nil, 0), ("key.pem", .pem, "not needed", 0), ("old.pem", .pem, nil, 0), ("locked.pem", .pem, "sesame", 0),
        ("locked-old.pem", .pem, "sesame", 0), ("all.pem", .pem, nil, 2), ("store.pfx", .pkcs12, "sesame", 2),
        ("open.pfx", .pkcs12, nil, 1),
    ]

    @Test(arguments: readable.indices)
    func `a key of every form signs what openssl verifies`(_ index: Int) throws {
        let (file, container, password, count) = Self.readable[index]
        let key = try Self.key(file, container, password)
        #expect(key.certificates.count == count)
        #expect(key.hasOwnCertificate == (count > 0))
        if count > 0 { #expect(try key.certificates[0] == FileSystem.contents(of: Self.folder.path("cert.der"), limit: 1 << 16)) }
        let scratch = TemporaryFolder()
        let text = scratch.write("text", "what is signed")
        for (algorithm, options) in [
            (RSAKey.Algorithm.rs256, [String]()), (.ps256, ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]),
        ] {
            let signature = scratch.write("signature", try key.sign(Array("what is signed".utf8), algorithm))
            let verified = try Tool.run(
                "openssl", ["dgst", "-sha256", "-verify", Self.folder.path("public.pem"), "-signature", signature] + options + [text])
            #expect(verified.output.contains("Verified OK"), "\(verified)")
            scratch.write("text", "what is signee")
            let changed = try Tool.run(
                "openssl", ["dgst", "-sha256", "-verify", Self.folder.path("public.pem"), "-signature", signature] + options + [text])
            #expect(changed.status != 0)
            scratch.write("text", "what is signed")
        }
    }

    private static let refused: [(String, RSAKey.Container, String?, String)] = [
        ("locked.pem", .pem, nil, "it is encrypted, and no password is given"),
        ("locked.pem", .pem, "simsim", "its password is another one"),
        ("store.pfx", .pkcs12, nil, "it is encrypted, and no password is given"),
        ("store.pfx", .pkcs12, "simsim", "its password is another one"), ("small.pem", .pem, nil, "it has fewer than the 2048 bits"),
        ("curve.pem", .pem, nil, "it is no RSA key"), ("cert.pem", .pem, nil, "there is no private key in it that can be read"),
        ("cut.pem", .pem, nil, "there is no private key in it that can be read"),
        ("key.pem", .pkcs12, nil, "there is no private key in it that can be read"),
        ("store.pfx", .pem, nil, "there is no private key in it that can be read"),
    ]

    @Test(arguments: refused.indices)
    func `what is no usable key is refused with its reason`(_ index: Int) throws {
        let (file, container, password, reason) = Self.refused[index]
        let failure = #expect(throws: Failure.self) { try Self.key(file, container, password) }
        #expect(failure?.code == .invalid && failure?.subject == file)
        #expect(failure?.reason.hasPrefix(reason) == true, "\(String(describing: failure))")
        #expect(failure?.advice.isEmpty == false)
        #expect(!"\(String(describing: failure))".contains("simsim"))
    }

    @Test func `many threads sign with one key`() async throws {
        let key = try Self.key("key.pem")
        let message = Array("shared".utf8)
        let expected = try key.sign(message, .rs256)
        try await onThread {
            let threads = try (0..<8).map { _ in
                try WorkerThread { for _ in 0..<20 { #expect((try? key.sign(message, .rs256)) == expected) } }
            }
            for thread in threads { thread.join() }
        }
    }
}
