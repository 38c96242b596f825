import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardRegistry

/// Who gets which credential, and who does not.
@Suite struct PullAuthenticationTests {
    private let fixture = PullFixture()
    private static let basic = "Basic dXNlcjpyaWdodA=="  // user:right

    @Test func `Basic is answered after the registry asks, and remembered`() throws {
        let registry = try FakeRegistry(answering: { request in
            request.headers["authorization"] == Self.basic ? .usual : .plain(401, ["WWW-Authenticate": "Basic realm=\"r\""])
        })
        let pulled = try fixture.puller().pull(registry.image, entries: [PullFixture.entry("user", "right")])
        #expect(registry.requests.count { $0.headers["authorization"] == nil } == 1)
        #expect(pulled.requests == 4)
        #expect(pulled.credential == Origin(.dockerConfig, "config.json"))
    }

    @Test func `credentials are tried in order, and each refusal is told`() throws {
        let registry = try FakeRegistry(answering: { request in
            request.headers["authorization"] == Self.basic ? .usual : .plain(401, ["WWW-Authenticate": "Basic realm=\"r\""])
        })
        let good = Origin(.plugin, "google-container-registry")
        let wrong = [PullFixture.entry("user", "wrong"), PullFixture.entry("other", "right")]
        let pulled = try fixture.puller().pull(registry.image, entries: wrong + [PullFixture.entry("user", "right", good)])
        #expect(pulled.credential == good)
        let failure = #expect(throws: Failure.self) { try PullFixture().puller().pull(registry.image, entries: wrong) }
        #expect(failure?.code == .denied && failure?.exitCode == 3)
        #expect(failure?.reason.contains("none of 2 identities") == true)
        #expect(failure?.description.contains("docker-config config.json") == true)
        #expect(failure.map { !"\($0)".contains("wrong") } == true, "a password must not be told")
    }

    @Test func `a candidate is looked for only when the one before it was refused`() throws {
        let registry = try FakeRegistry(answering: { request in
            request.headers["authorization"] == Self.basic ? .usual : .plain(401, ["WWW-Authenticate": "Basic realm=\"r\""])
        })
        let absent = Failure(.timedOut, attempting: "asking the metadata server", reason: "no answer in time", source: "slow")
        var turns = 0
        let pulled = try fixture.puller().pull(registry.image) { () throws(Failure) in
            turns += 1
            switch turns {
            case 1: return PullFixture.entry("user", "wrong")
            case 2: throw absent
            case 3: return PullFixture.entry("user", "right", Origin(.plugin, "quick"))
            default: throw Failure(.internalFault, attempting: "looking", reason: "nobody should look any more")
            }
        }
        #expect(pulled.credential == Origin(.plugin, "quick") && turns == 3)
        turns = 0
        let failure = #expect(throws: Failure.self) {
            try PullFixture().puller().pull(registry.image) { () throws(Failure) in
                turns += 1
                if turns == 2 { throw absent }
                return turns == 1 ? PullFixture.entry("user", "wrong") : nil
            }
        }
        #expect(failure?.code == .denied && failure?.reason.contains("slow: asking the metadata server: no answer in time") == true)
    }

    @Test func `when no source can answer, nobody is asked as nobody, unless that is wanted`() throws {
        let registry = try FakeRegistry(answering: { _ in .usual })
        func pull(_ options: PullOptions) throws -> PulledImage {
            var turns = 0
            return try fixture.puller(options).pull(registry.image) { () throws(Failure) in
                turns += 1
                guard turns <= 2 else { return nil }
                throw Failure(.unavailable, attempting: "asking", reason: "nobody answers", source: "p\(turns)")
            }
        }
        let failure = #expect(throws: Failure.self) { try pull(PullOptions()) }
        #expect(failure?.code == .unavailable && failure?.source == "p1" && failure?.reason.contains("p2: asking") == true)
        #expect(registry.requests.isEmpty)
        var options = PullOptions()
        options.allowsAnonymousFallback = true
        #expect(try pull(options).credential == nil)
    }

    @Test func `nobody is asked anonymously after a refusal, unless that is wanted`() throws {
        let registry = try FakeRegistry(answering: { request in
            request.headers["authorization"] == nil && (request.repetition > 1 || request.target.contains("/blobs/"))
                ? .usual : .plain(401, ["WWW-Authenticate": "Basic realm=\"r\""])
        })
        let entries = [PullFixture.entry("user", "wrong")]
        #expect(throws: Failure.self) { try fixture.puller().pull(registry.image, entries: entries) }
        var options = PullOptions()
        options.allowsAnonymousFallback = true
        #expect(try fixture.puller(options).pull(registry.image, entries: entries).credential == nil)
    }

    @Test func `a token server that takes no identity tokens gets the next credential`() throws {
        let registry = try FakeRegistry(answering: { request in
            if request.target.hasPrefix("/token") {
                return request.method == "GET"
                    ? .plain(200, ["Content-Type": "application/json"], Array(#"{"token":"t"}"#.utf8)) : .plain(405)
            }
            if request.headers["authorization"] == "Bearer t" { return .usual }
            return .plain(401, ["WWW-Authenticate": #"Bearer realm="http://\#(request.headers["host"] ?? "")/token""#])
        })
        let good = Origin(.plugin, "google-container-registry")
        let entries = [PullFixture.entry("<token>", "identity"), PullFixture.entry("user", "right", good)]
        #expect(try fixture.puller().pull(registry.image, entries: entries).credential == good)
    }

    /// A registry with a token server in itself.
    private func tokenRegistry(
        token: String = #"{"token":"t0"}"#, challenge: String? = nil, accepted: String = "Bearer t0"
    ) throws -> FakeRegistry {
        try FakeRegistry(answering: { request in
            if request.target.hasPrefix("/token") { return .plain(200, ["Content-Type": "application/json"], Array(token.utf8)) }
            if request.headers["authorization"] == accepted { return .usual }
            let realm = "http://\(request.headers["host"] ?? "")/token"
            return .plain(401, ["WWW-Authenticate": (challenge ?? #"Bearer realm="%s",service="reg""#).replacing("%s", with: realm)])
        })
    }

    @Test func `a token is fetched once, with the credential, for this repository`() throws {
        let registry = try tokenRegistry()
        let pulled = try fixture.puller().pull(registry.image, entries: [PullFixture.entry("user", "right")])
        #expect(pulled.requests == 5)
        let asked = registry.requests.filter { $0.target.hasPrefix("/token") }
        #expect(asked.map(\.target) == ["/token?service=reg&scope=repository%3Ateam%2Fapp%3Apull"])
        #expect(asked.first?.headers["authorization"] == Self.basic)
        // The token goes to the registry, the password only to the token server.
        #expect(registry.requests.filter { !$0.target.hasPrefix("/token") }.allSatisfy { $0.headers["authorization"] != Self.basic })
    }

    @Test func `an identity token is exchanged by POST`() throws {
        let registry = try tokenRegistry(token: #"{"access_token":"t0","expires_in":300}"#)
        let entry = AuthEntry(
            pattern: "127.0.0.1", kind: .identityToken, username: "", password: Secret("refresh/1 2"), origin: Origin(.dockerConfig, "c"))
        _ = try fixture.puller().pull(registry.image, entries: [entry])
        let asked = registry.requests.first { $0.target.hasPrefix("/token") }
        #expect(asked?.method == "POST")
        #expect(asked?.body.contains("grant_type=refresh_token") == true)
        #expect(
            asked?.body.contains("refresh_token=refresh%2F1+2") == true || asked?.body.contains("refresh_token=refresh%2F1%202") == true)
    }

    @Test(arguments: [
        #"Basic realm="r", Bearer realm="%s",service="reg""#, "Bearer realm=%s", #"BEARER Realm="%s" service=reg"#, #"Bearer realm="%s""#,
    ])
    func `every form of the challenge leads to the token`(_ challenge: String) throws {
        let registry = try tokenRegistry(challenge: challenge)
        _ = try fixture.puller().pull(registry.image, entries: [PullFixture.entry("user", "right")])
        #expect(registry.requests.count { $0.target.hasPrefix("/token") } == 1)
    }

    @Test(arguments: [
        #"Bearer realm="http://registry.example.com/token""#, #"Bearer realm="http://169.254.169.254/latest""#, #"Bearer realm="/token""#,
        #"Bearer realm="file:///etc/passwd""#, #"Bearer realm="""#, #"Bearer realm="http://user@127.0.0.1/token""#, "Negotiate", "",
    ])
    func `a challenge that cannot be trusted or answered ends the pull as denied, and nothing is sent`(_ challenge: String) throws {
        let registry = try FakeRegistry(answering: { _ in .plain(401, ["WWW-Authenticate": challenge]) })
        let failure = #expect(throws: Failure.self) {
            try fixture.puller().pull(registry.image, entries: [PullFixture.entry("user", "right")])
        }
        #expect(failure?.code == .denied, "\(String(describing: failure))")
        #expect(registry.requests.count == 1)
        #expect(registry.requests.allSatisfy { $0.headers["authorization"] == nil })
    }

    @Test func `a token that dies in the middle is fetched again once, for all layers that wait for it`() throws {
        let registry = try FakeRegistry(
            layerSizes: [10, 20, 30, 40, 50, 60],
            answering: { request in
                if request.target.hasPrefix("/token") { return .plain(200, [:], Array(#"{"token":"t\#(request.repetition)"}"#.utf8)) }
                let accepted = request.target.contains("/blobs/") ? "Bearer t1" : "Bearer t0"
                if request.headers["authorization"] == accepted { return .usual }
                return .plain(401, ["WWW-Authenticate": "Bearer realm=\"http://\(request.headers["host"] ?? "")/token\""])
            })
        _ = try fixture.puller().pull(registry.image, entries: [PullFixture.entry("user", "right")])
        #expect(registry.requests.count { $0.target.hasPrefix("/token") } == 2)
    }

    @Test func `a token answer without end is refused at the limit`() throws {
        let registry = try tokenRegistry(token: #"{"token":""# + String(repeating: "x", count: 3 << 20) + "\"}")
        let failure = #expect(throws: Failure.self) { try fixture.puller().pull(registry.image, entries: [PullFixture.entry("u", "p")]) }
        #expect(failure?.code == .tooLarge)
    }

    @Test func `a redirect to another origin carries no credential, and its 401 gets none`() throws {
        let storage = try FakeRegistry(answering: { request in
            request.repetition == 0 ? .plain(401, ["WWW-Authenticate": "Basic realm=\"give\""]) : .usual
        })
        let other = storage.host
        let registry = try FakeRegistry(answering: { request in
            guard request.headers["authorization"] == Self.basic else { return .plain(401, ["WWW-Authenticate": "Basic realm=\"r\""]) }
            guard request.target.contains("/blobs/") else { return .usual }
            return .plain(307, ["Location": "http://\(other)\(request.target)"])
        })
        _ = try fixture.puller().pull(registry.image, entries: [PullFixture.entry("user", "right")])
        #expect(!storage.requests.isEmpty)
        #expect(storage.requests.allSatisfy { $0.headers["authorization"] == nil })
    }

    @Test(arguments: [401, 403, 404])
    func `what the registry says is told, with the class of the failure`(_ status: Int) throws {
        let body = Array(#"{"errors":[{"code":"DENIED","message":"requested access is denied\u001b[31m"}]}"#.utf8)
        let registry = try FakeRegistry(answering: { _ in .plain(status, [:], body) })
        let failure = #expect(throws: Failure.self) { try fixture.puller().pull(registry.image, entries: []) }
        #expect(failure?.httpStatus == status)
        #expect(failure?.exitCode == (status == 404 ? 1 : 3))
        #expect(failure?.description.contains("DENIED: requested access is denied") == true)
        #expect(failure?.description.contains("\u{1b}") == false)
    }

    @Test func `a permission that AWS misses is named in the advice`() throws {
        let said =
            "User: arn:aws:sts::123456789012:assumed-role/node/i-0 is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:x"
        let body = Array(#"{"errors":[{"code":"DENIED","message":"\#(said)"}]}"#.utf8)
        let registry = try FakeRegistry(answering: { request in
            request.headers["authorization"] == nil ? .plain(401, ["WWW-Authenticate": "Basic realm=\"r\""]) : .plain(403, [:], body)
        })
        let failure = #expect(throws: Failure.self) {
            try fixture.puller().pull(registry.image, entries: [PullFixture.entry("AWS", "right")])
        }
        #expect(failure?.description.contains("allow ecr:BatchGetImage on this repository") == true, "\(String(describing: failure))")
        #expect(failure?.description.contains("assumed-role/node") == true)
    }

    @Test(arguments: ["right", "dXNlcjpyaWdodA=="])
    func `a registry that repeats the credential is not quoted`(_ secret: String) throws {
        let body = Array(#"{"errors":[{"code":"DENIED","message":"you sent \#(secret)"}]}"#.utf8)
        let registry = try FakeRegistry(answering: { request in
            request.headers["authorization"] == nil ? .plain(401, ["WWW-Authenticate": "Basic realm=\"r\""]) : .plain(403, [:], body)
        })
        let failure = #expect(throws: Failure.self) {
            try fixture.puller().pull(registry.image, entries: [PullFixture.entry("user", "right")])
        }
        #expect(failure?.code == .denied)
        #expect(failure.map { !"\($0)".contains(secret) } == true)
    }

    @Test func `a layer that the registry itself refuses is denied, and asked for no more often`() throws {
        let registry = try FakeRegistry(answering: { $0.target.contains("/blobs/") ? .plain(401) : .usual })
        let failure = #expect(throws: Failure.self) { try fixture.puller().pull(registry.image, entries: []) }
        #expect(failure?.code == .denied && failure?.exitCode == 3, "\(String(describing: failure))")
    }
}
