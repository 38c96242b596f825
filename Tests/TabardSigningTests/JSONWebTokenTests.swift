import TabardCore
import TabardCrypto
import TabardJSON
import TabardSigning
import TabardTestSupport
import Testing

/// Signed tokens, taken apart by another program.
@Suite struct JSONWebTokenTests {
    @Test(arguments: [RSAKey.Algorithm.rs256, .ps256])
    func `a token is three parts that another library verifies`(_ algorithm: RSAKey.Algorithm) throws {
        let folder = TemporaryFolder()
        let made = try Tool.run("openssl", ["genpkey", "-quiet", "-algorithm", "RSA", "-out", folder.path("key.pem")])
        #expect(made.status == 0)
        let text = try Tool.run("cat", [folder.path("key.pem")]).output
        let key = try RSAKey(Secret(text), .pem, place: "key.pem")
        let token = try JSONWebToken.signed(by: key, algorithm, header: { $0.field("kid", "k\"1") }) { json in
            json.field("iss", "robot@project.example")
            json.field("exp", 1_700_000_000)
        }
        // PyJWT comes with msal, which azure-identity needs.
        let script = """
            import sys, jwt
            from cryptography.hazmat.primitives.serialization import load_pem_private_key
            key = load_pem_private_key(open(sys.argv[1], "rb").read(), None).public_key()
            token = sys.stdin.read()
            claims = jwt.decode(token, key, algorithms=[sys.argv[2]], options={"verify_exp": False})
            print(jwt.get_unverified_header(token)["kid"], claims["iss"], claims["exp"])
            """
        let text2 = token.withBytes { String(decoding: $0, as: UTF8.self) }
        let verified = try Tool.run(
            Repository.python, ["-c", script, folder.path("key.pem"), algorithm.rawValue], input: text2.utf8)
        #expect(verified.output == "k\"1 robot@project.example 1700000000\n", "\(verified)")
    }
}
