import TabardCore
import TabardPluginKit
import TabardTestSupport
import Testing

@testable import TabardECR

/// Whose identity a registry is asked for with: rules, Pods, and nobody's.
@Suite struct ECRRuleTests {
    static let role = "arn:aws:iam::999999999999:role/pull"
    static let credentials =
        "<R><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
        + "<Expiration>2026-01-15T11:11:12Z</Expiration></Credentials></R>"

    static func host(isOneShot: Bool = true, isPublic: Bool = false) -> FakePluginHost {
        FakePluginHost(unixTime: ECRProviderTests.now, isOneShot: isOneShot) { request in
            request.url.contains("sts")
                ? PluginHTTPResponse(status: 200, body: Secret(credentials)) : ECRProviderTests.answer(expires: nil, isPublic: isPublic)
        }
    }

    static func registry(_ account: String = "123456789012") -> PluginRequest {
        PluginRequest(registry: "\(account).dkr.ecr.eu-west-1.amazonaws.com", repository: "app")
    }

    @Test func `the first rule that fits an account or a pattern takes its role`() throws {
        let settings = [
            "rules.0.account": "999999999999", "rules.0.role": Self.role, "rules.0.externalID": "e x",
            "rules.1.match": "*.dkr.ecr.eu-west-1.amazonaws.com/team", "rules.1.role": "arn:aws:iam::1:role/team",
            "rules.2.match": "*.dkr.ecr.*.amazonaws.com/team", "rules.2.role": "arn:never",
        ]
        let provider = try ECRProviderTests.provider(settings: settings)
        let cases = [
            (Self.registry("999999999999"), "role%2Fpull&RoleSessionName=tabard-1768471872&ExternalId=e+x"),
            (PluginRequest(registry: "123456789012.dkr.ecr.eu-west-1.amazonaws.com", repository: "team/app"), "role%2Fteam"),
        ]
        for (request, sent) in cases {
            let host = Self.host()
            _ = try provider.provide(request, call: host.call)
            #expect(host.requests.map(\.url) == ["https://sts.eu-west-1.amazonaws.com/", "https://api.ecr.eu-west-1.amazonaws.com/"])
            let body = host.requests[0].body?.withBytes { String(decoding: $0, as: UTF8.self) } ?? ""
            #expect(body.replacing("%20", with: "+").contains(sent), "\(body)")
            #expect(host.requests[0].header("Authorization")?.contains("Credential=AKIDEXAMPLE/") == true)
            #expect(host.requests[1].header("Authorization")?.contains("Credential=ASIAROLE/") == true)
        }
        let host = Self.host()
        _ = try provider.provide(Self.registry(), call: host.call)
        #expect(host.requests.count == 1)
        #expect(host.requests[0].header("Authorization")?.contains("Credential=AKIDEXAMPLE/") == true)
    }

    @Test func `a rule's profile comes before keys in the environment, and brings its endpoints`() throws {
        let folder = TemporaryFolder()
        let config = folder.write(
            "config",
            """
            [profile other]
            aws_access_key_id = AKIAOTHER
            aws_secret_access_key = s
            endpoint_url = http://127.0.0.1:7
            [profile empty]
            region = eu-west-1
            """)
        var variables = ECRProviderTests.keys
        variables["AWS_CONFIG_FILE"] = config
        let settings = [
            "rules.0.account": "999999999999", "rules.0.profile": "other", "rules.1.account": "888888888888", "rules.1.profile": "empty",
        ]
        let provider = try ECRProviderTests.provider(variables, settings: settings)
        let host = Self.host()
        _ = try provider.provide(Self.registry("999999999999"), call: host.call)
        #expect(host.requests.map(\.url) == ["http://127.0.0.1:7/"])
        #expect(host.requests[0].header("Authorization")?.contains("Credential=AKIAOTHER/") == true)
        let failure = try #require(failure { try provider.provide(Self.registry("888888888888"), call: host.call) })
        #expect(failure.description.contains("profile empty") && failure.description.contains("has no credentials"), "\(failure)")
    }

    @Test func `a name of the operator's own is served by a rule that matches it, in the rule's region`() throws {
        let provider = try ECRProviderTests.provider(
            settings: ["rules.0.match": "registry.corp.example", "rules.0.account": "123456789012", "rules.0.region": "ap-south-1"])
        let request = PluginRequest(registry: "registry.corp.example", repository: "a")
        #expect(provider.matches(request))
        let host = Self.host()
        let reply = try provider.provide(request, call: host.call)
        #expect(host.requests.map(\.url) == ["https://api.ecr.ap-south-1.amazonaws.com/"])
        #expect(reply.entries.map(\.pattern) == ["registry.corp.example"])
        let other = PluginRequest(registry: "registry.corp.example.evil.example", repository: "a")
        #expect(!provider.matches(other))
        #expect(failure { try provider.provide(other, call: host.call) }?.code == .notMine)
    }

    @Test(arguments: [
        (["rules.0.role": role], "which registries"),
        (["rules.account.0": "123456789012", "rules.region.0": "eu-west-1"], "rules is a list"),
        (["rules.0.account": "12345678901"], "twelve digits"),
        (["rules.0.account": "123456789012"], "says nothing"),
        (["rules.0.account": "123456789012", "rules.0.role": "pull"], "is not an ARN"),
        (["rules.0.account": "123456789012", "rules.0.profile": "p", "rules.0.externalID": "e"], "without role"),
        (["rules.0.match": "registry", "rules.0.region": "a b"], "not the name of a region"),
        (["serviceAccount": "always"], "require, prefer, never"),
    ])
    func `a rule without sense is refused when the settings are read`(settings: [String: String], says: String) throws {
        let failure = try #require(failure { try ECRProviderTests.provider(settings: settings) })
        #expect(failure.code == .invalid)
        #expect(failure.description.contains(says), "\(failure)")
    }

    enum Pod { case withRole, withoutRole, none }

    @Test(arguments: [
        ("require" as String?, Pod.withRole, "ASIAROLE" as String?, ""),
        ("require", .withoutRole, nil, "annotate it with eks.amazonaws.com/ecr-role-arn"),
        ("require", .none, nil, "set tokenAttributes"), ("prefer", .withRole, "ASIAROLE", ""),
        ("prefer", .withoutRole, "AKIDEXAMPLE", "using this machine's credentials"), ("prefer", .none, "AKIDEXAMPLE", ""),
        ("never", .withRole, "AKIDEXAMPLE", ""), (nil, .withRole, "ASIAROLE", ""), (nil, .withoutRole, "AKIDEXAMPLE", "using this machine"),
    ])
    func `a Pod's identity is never exchanged for the machine's in silence`(policy: String?, pod: Pod, keyID: String?, says: String) throws
    {
        var request = Self.registry()
        if pod != .none { request.serviceAccountToken = Secret("jwt") }
        if pod == .withRole { request.serviceAccountAnnotations = [ECRIdentity.roleAnnotation: Self.role] }
        let host = Self.host()
        let provider = try ECRProviderTests.provider(settings: policy.map { ["serviceAccount": $0] } ?? [:])
        if let keyID {
            _ = try provider.provide(request, call: host.call)
            #expect(host.requests.last?.header("Authorization")?.contains("Credential=\(keyID)/") == true)
            if !says.isEmpty { #expect(host.lines.contains { $0.level == .warning && $0.text.contains(says) }) }
        } else {
            let failure = try #require(failure { try provider.provide(request, call: host.call) })
            #expect(failure.code == .denied)
            #expect(failure.description.contains(says), "\(failure)")
            #expect(host.requests.isEmpty)
        }
    }

    @Test(arguments: ["require", "prefer"])
    func `a Pod's role that may not be taken is a failure, not another identity`(policy: String) throws {
        let host = FakePluginHost(unixTime: ECRProviderTests.now) { _ in
            PluginHTTPResponse(status: 403, body: Secret("<E><Error><Code>AccessDenied</Code><Message>no</Message></Error></E>"))
        }
        var request = Self.registry()
        request.serviceAccountToken = Secret("jwt")
        request.serviceAccountAnnotations = [ECRIdentity.roleAnnotation: Self.role]
        let provider = try ECRProviderTests.provider(settings: ["serviceAccount": policy])
        let failure = try #require(failure { try provider.provide(request, call: host.call) })
        #expect(failure.code == .denied && failure.description.contains("trust policy of \(Self.role)"), "\(failure)")
        #expect(host.requests.count == 1)
    }

    @Test func `the public gallery is read anonymously, and said so, when there is no identity`() throws {
        let off = ["AWS_EC2_METADATA_DISABLED": "true"]
        for registry in ["public.ecr.aws", "ecr-public.aws.com"] {
            let host = Self.host(isPublic: true)
            let request = PluginRequest(registry: registry, repository: "nginx/nginx")
            let reply = try ECRProviderTests.provider(off).provide(request, call: host.call)
            #expect(reply.entries.isEmpty && reply.scope == .registry && reply.duration == .seconds(300))
            #expect(host.lines.contains { $0.text.contains("anonymously") })
            #expect(host.requests.isEmpty)
            // What is set up and broken is not passed over.
            let broken = try ECRProviderTests.provider(off.merging(["AWS_ACCESS_KEY_ID": "AKID"]) { $1 })
            #expect(failure { try broken.provide(request, call: host.call) }?.code == .invalid)
        }
        #expect(failure { try ECRProviderTests.provider(off).provide(Self.registry(), call: Self.host().call) }?.code == .notFound)
    }

    @Test func `a denial names the identity that was used`() throws {
        let host = FakePluginHost(unixTime: ECRProviderTests.now) { request in
            request.url.contains("sts")
                ? PluginHTTPResponse(status: 200, body: Secret(Self.credentials))
                : PluginHTTPResponse(status: 400, body: Secret(#"{"__type":"AccessDeniedException","message":"no"}"#))
        }
        let provider = try ECRProviderTests.provider(settings: ["rules.0.account": "123456789012", "rules.0.role": Self.role])
        let failure = try #require(failure { try provider.provide(Self.registry(), call: host.call) })
        for text in [Self.role, "environment variables AWS_ACCESS_KEY_ID", "ecr:GetAuthorizationToken", "region eu-west-1"] {
            #expect(failure.description.contains(text), "\(failure)")
        }
        #expect(host.requests.count == 2)
    }

    @Test func `a host that stays keeps a role's credentials until shortly before their end`() throws {
        let provider = try ECRProviderTests.provider(settings: ["rules.0.account": "123456789012", "rules.0.role": Self.role])
        func calls(after duration: Duration, isOneShot: Bool = false, isFresh: Bool = false) throws -> Int {
            let host = Self.host(isOneShot: isOneShot)
            host.advance(by: duration)
            var request = Self.registry()
            request.isFresh = isFresh
            _ = try provider.provide(request, call: host.call)
            return host.requests.count
        }
        #expect(try calls(after: .zero) == 2)
        #expect(try calls(after: .seconds(3000)) == 1)
        #expect(try calls(after: .seconds(3000), isFresh: true) == 2)
        #expect(try calls(after: .seconds(3000), isOneShot: true) == 2)
        #expect(try calls(after: .seconds(3400)) == 2)
        // While STS is away, what is left is used.
        let host = FakePluginHost(unixTime: ECRProviderTests.now, isOneShot: false) { request in
            request.url.contains("sts") ? PluginHTTPResponse(status: 503) : ECRProviderTests.answer(expires: nil)
        }
        host.advance(by: .seconds(3400))
        _ = try provider.provide(Self.registry(), call: host.call)
        #expect(host.lines.contains { $0.text.contains("cannot be renewed") })
        host.advance(by: .seconds(300))
        #expect(failure { try provider.provide(Self.registry(), call: host.call) }?.code == .unavailable)
    }
}
