import TabardCore
import TabardKeyring
import Testing

@Suite struct DockerHelperProtocolTests {
    let origin = Origin(.credentialHelper, "docker-credential-x")

    func answer(_ output: String, status: Int32 = 0) throws -> AuthEntry? {
        try DockerHelperProtocol.answer(
            in: Secret(output), status: status, helper: "docker-credential-x", pattern: "r.io", origin: origin)
    }

    @Test func `an answer to get is what docker reads`() throws {
        let entry = AuthEntry(pattern: "r.io", username: "AWS", password: Secret("p\"w"), origin: origin)
        #expect(
            try DockerHelperProtocol.answer(to: "https://r.io", with: entry).text
                == #"{"ServerURL":"https://r.io","Username":"AWS","Secret":"p\"w"}"# + "\n")
        let token = AuthEntry(pattern: "r.io", kind: .identityToken, username: "x", password: Secret("tok"), origin: origin)
        #expect(
            try DockerHelperProtocol.answer(to: "r.io", with: token).text == #"{"ServerURL":"r.io","Username":"<token>","Secret":"tok"}"#
                + "\n")
    }

    @Test func `an answer to get is read back`() throws {
        let basic = try #require(try answer(#"{"ServerURL":"r.io","Username":"u","Secret":"pw"}"#))
        #expect([basic.username, basic.password.text, basic.kind.rawValue, basic.pattern] == ["u", "pw", "basic", "r.io"])
        let token = try #require(try answer(#"{"Username":"<token>","Secret":"tok"}"#))
        #expect([token.username, token.password.text, token.kind.rawValue] == ["", "tok", "identity-token"])
        #expect(try answer(#"{"Username":"","Secret":""}"#) == nil)
        #expect(try answer("credentials not found in native keychain\n", status: 1) == nil)
        #expect(try answer("credentials not found in native store", status: 1) == nil)
    }

    @Test(
        arguments: [
            ("", 0, "1:1"), ("nonsense s3cr3t", 0, "docker-credential-x:1:2"), (#"{"Username":"u"}"#, 0, "Secret is missing"),
            (#"{"Username":5,"Secret":"s3cr3t"}"#, 0, "Username must be a string"), ("", 1, "said nothing"),
            ("the vault is locked\n", 1, "the vault is locked"),
        ] as [(String, Int32, String)])
    func `a helper that fails is quoted, its answers never`(_ output: String, _ status: Int32, _ says: String) throws {
        let failure = #expect(throws: Failure.self) { try answer(output, status: status) }
        let line = try #require(failure).description
        #expect(line.contains(says) && line.contains("docker-credential-x"), "\(line)")
        #expect(!line.contains("s3cr3t"))
    }

    @Test(arguments: [
        ("https://index.docker.io/v1/", "docker.io/library/any"), ("index.docker.io", "docker.io/library/any"),
        ("registry-1.docker.io", "docker.io/library/any"), ("docker.io", "docker.io/library/any"), ("https://r.io", "r.io/any"),
        ("https://r.io/", "r.io/any"), ("https://r.io/v1/", "r.io/any"), ("https://r.io/v2", "r.io/any"), ("r.io/", "r.io/any"),
        ("http://r.io:5000/v2/", "r.io:5000/any"), ("r.io/team", "r.io/team"), ("https://r.io/team/x/", "r.io/team/x"),
        ("localhost:5000", "localhost:5000/any"), ("localhost", "localhost/any"), ("[::1]:5000", "[::1]:5000/any"),
        ("Reg.AzureCR.io", "reg.azurecr.io/any"),
    ])
    func `a server means one registry`(_ server: String, _ image: String) throws {
        #expect(try DockerHelperProtocol.image(of: server).name == image)
        #expect(try DockerHelperProtocol.server(in: Secret("\(server)\r\n")) == server)
    }

    @Test(arguments: [
        "registry", "*.io", "r.io%0aevil.io", "user@r.io", "https://user:s3cr3t@r.io", "r.io?x=y", "r.io#x", "r.io:99999", "r.io/app:1",
        "r.io/App", "https://", "https:///v1/", "/", "r.io//x", "ftp://r.io", "r.io\\evil.io", "r.io evil.io", "",
    ])
    func `what is no server is refused`(_ server: String) throws {
        let failure = #expect(throws: Failure.self) { try DockerHelperProtocol.image(of: server) }
        #expect(failure?.code == .invalid)
        #expect(failure?.description.contains("s3cr3t") == false)
    }

    @Test func `a server is one line`() throws {
        #expect(try DockerHelperProtocol.question("r.io").text == "r.io")
        for server in ["r.io\nevil.io", "r.io\rx", "r.io\u{0}x", ""] {
            #expect(throws: Failure.self) { try DockerHelperProtocol.question(server) }
        }
        for input in ["", " \n", "r.io\nevil.io", "a\u{0}b"] {
            #expect(throws: Failure.self) { try DockerHelperProtocol.server(in: Secret(input)) }
        }
        let empty = #expect(throws: Failure.self) { try DockerHelperProtocol.server(in: Secret("\n")) }
        #expect(empty?.reason == "no credentials server URL")
    }

    @Test func `list and store go both ways`() throws {
        let users = ["https://b.io": "u", "a.io": "v"]
        let list = DockerHelperProtocol.list(users)
        #expect(list.text == #"{"a.io":"v","https://b.io":"u"}"# + "\n")
        #expect(try DockerHelperProtocol.users(in: list, helper: "x") == users)
        #expect(DockerHelperProtocol.list([:]).text == "{}\n")
        let stored = try DockerHelperProtocol.stored(in: Secret(#"{"ServerURL":"r.io","Username":"u","Secret":"p"}"#), origin: origin)
        #expect([stored.pattern, stored.username, stored.password.text] == ["r.io", "u", "p"])
        for input in ["", "[]", #"{"ServerURL":"r.io","Username":"u"}"#, #"{"ServerURL":"a\nb","Username":"u","Secret":"p"}"#] {
            #expect(throws: Failure.self) { try DockerHelperProtocol.stored(in: Secret(input), origin: origin) }
        }
    }
}
