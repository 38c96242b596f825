import TabardCore
import TabardJSON
import TabardPluginKit
import TabardTestSupport
import Testing

@testable import TabardECR

@Suite struct ECRProviderTests {
    static let keys = ["AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"]
    /// 2026-01-15T10:11:12Z
    static let now = UTCTime(unixNanoseconds: 1_768_471_872_000_000_000)

    static func provider(_ variables: [String: String] = keys, settings: [String: String] = [:]) throws -> ECRProvider {
        try ECRProvider(
            settings: ProviderSettings(settings), environment: AWSEnvironment { variables[$0] }, budget: RetryBudget(random: { 1 }))
    }

    static func answer(expires: Double?, isPublic: Bool = false, headers: [(name: String, value: String)] = []) -> PluginHTTPResponse {
        let data = #"{"authorizationToken":"QVdTOnBhc3M="\#(expires.map { ",\"expiresAt\":\($0)" } ?? "")}"#
        return PluginHTTPResponse(
            status: 200, headers: headers, body: Secret(#"{"authorizationData":\#(isPublic ? data : "[\(data)]")}"#))
    }

    @Test(arguments: [
        ("123456789012.dkr-ecr.eu-west-1.on.aws", "ecr-dualstack", "TOK"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "ecr-cn", nil),
        ("public.ecr.aws", "ecr-public", nil),
    ])
    func `the request is the one that botocore signed`(registry: String, recorded: String, token: String?) throws {
        let recording = try #require(try Fixtures.jsonLines("sigv4/published.jsonl").first { $0["name"]?.string == recorded })
        var variables = Self.keys
        variables["AWS_SESSION_TOKEN"] = token
        let host = FakePluginHost(unixTime: Self.now) { _ in Self.answer(expires: nil, isPublic: registry == "public.ecr.aws") }
        let reply = try Self.provider(variables).provide(PluginRequest(registry: registry, repository: "app"), call: host.call)

        let request = try #require(host.requests.first)
        #expect(host.requests.count == 1)
        #expect(request.method == "POST")
        #expect(request.header("Authorization") == (try recording.requireString("authorization")))
        #expect(request.header("X-Amz-Date") == "20260115T101112Z")
        for pair in try recording.requireArray("headers") {
            let (name, value) = (try pair.elements[0].asString(), try pair.elements[1].asString())
            if name == "Host" { #expect(request.url == "https://\(value)/") } else { #expect(request.header(name) == value) }
        }
        #expect(request.body?.hasSameBytes(as: Secret(try recording.requireString("body"))) == true)
        let sent: Secret? = request.headers.lazy.filter { $0.name == "X-Amz-Security-Token" }.compactMap {
            if case .secret(let secret) = $0.value { secret } else { nil }
        }.first
        #expect(sent.map { $0.hasSameBytes(as: Secret(token ?? "")) } == token.map { _ in true })

        let entry = try #require(reply.entries.first)
        #expect(entry.pattern == registry)
        #expect(entry.username == "AWS")
        #expect(entry.password.hasSameBytes(as: Secret("pass")))
        #expect(reply.scope == .registry)
    }

    @Test func `the expiry is counted from the answer's own date`() throws {
        let skewed = [(name: "Date", value: "Thu, 15 Jan 2026 10:00:00 GMT")]
        let twelve = 1_768_471_200.0 + 43200
        let host = FakePluginHost(unixTime: Self.now) { _ in Self.answer(expires: twelve, headers: skewed) }
        let request = PluginRequest(registry: "123456789012.dkr.ecr.us-east-1.amazonaws.com:443", repository: "a/b")
        let reply = try Self.provider().provide(request, call: host.call)
        #expect(reply.expires?.rfc3339 == "2026-01-15T22:11:12Z")
        #expect(reply.entries.first?.expires == reply.expires)
        #expect(reply.entries.first?.pattern == "123456789012.dkr.ecr.us-east-1.amazonaws.com:443")
        #expect(reply.duration == nil)
    }

    @Test(arguments: [nil, 1_420_070_400.0])
    func `a token without a future is not kept`(expires: Double?) throws {
        let host = FakePluginHost(unixTime: Self.now) { _ in Self.answer(expires: expires) }
        let reply = try Self.provider().provide(
            PluginRequest(registry: "123456789012.dkr.ecr.us-east-1.amazonaws.com", repository: "a"), call: host.call)
        #expect(reply.entries.count == 1)
        #expect(reply.duration == .zero)
        #expect(reply.expires == nil)
        #expect(host.lines.contains { $0.level == .warning && $0.text.contains("had expired") } == (expires != nil))
    }

    @Test func `an image under a name of the operator's own gets the region that is set`() throws {
        let settings = ["matchImages.0": "mirror.example.com", "matchImages.1": "*.corp.example:5000/ecr"]
        let request = PluginRequest(registry: "mirror.example.com", repository: "a")
        let regions: [([String: String], [String: String], String)] = [
            (["region": "eu-central-1"], ["AWS_REGION": "us-west-2"], "eu-central-1"),
            ([:], ["AWS_REGION": "US-WEST-2", "AWS_DEFAULT_REGION": "x"], "us-west-2"),
            ([:], ["AWS_DEFAULT_REGION": "cn-north-1"], "cn-north-1"),
        ]
        for (more, variables, region) in regions {
            let provider = try Self.provider(
                Self.keys.merging(variables) { $1 }, settings: settings.merging(more) { $1 })
            #expect(provider.matches(request))
            let host = FakePluginHost(unixTime: Self.now) { _ in Self.answer(expires: nil) }
            let reply = try provider.provide(request, call: host.call)
            #expect(host.requests.first?.url.contains("api.ecr.\(region).amazonaws.com") == true)
            #expect(reply.entries.first?.pattern == "mirror.example.com")
        }
        let host = FakePluginHost { _ in Self.answer(expires: nil) }
        let provider = try Self.provider(settings: settings)
        #expect(failure { try provider.provide(request, call: host.call) }?.description.contains("set region") == true)
        #expect(provider.matches(PluginRequest(registry: "a.corp.example:5000", repository: "ecr/x")))
        for registry in ["other.example.com", "123456789012.dkr.ecr.us-west-2.amazonaws.com.fake.example.com"] {
            let other = PluginRequest(registry: registry, repository: "a")
            #expect(!provider.matches(other))
            #expect(failure { try provider.provide(other, call: host.call) }?.code == .notMine)
        }
        #expect(host.requests.isEmpty)
    }

    @Test(arguments: [
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com", ["AWS_ENDPOINT_URL": "http://127.0.0.1:5000"], [:], "http://127.0.0.1:5000/"),
        (
            "123456789012.dkr.ecr.us-east-1.amazonaws.com",
            ["AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_ECR": "https://vpce.example/p"], [:], "https://vpce.example/p"
        ),
        (
            "123456789012.dkr.ecr.us-east-1.amazonaws.com", ["AWS_ENDPOINT_URL_ECR": "https://vpce.example/p"],
            ["endpoint": "https://own.example:444"], "https://own.example:444/"
        ),
        (
            "123456789012.dkr.ecr.us-east-1.amazonaws.com",
            ["AWS_ENDPOINT_URL_ECR": "https://vpce.example", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"], [:],
            "https://api.ecr.us-east-1.amazonaws.com/"
        ),
        (
            "public.ecr.aws", ["AWS_ENDPOINT_URL_ECR": "https://vpce.example"], ["endpoint": "https://o"],
            "https://api.ecr-public.us-east-1.amazonaws.com/"
        ),
        ("public.ecr.aws", ["AWS_ENDPOINT_URL_ECR_PUBLIC": "https://pub.example"], [:], "https://pub.example/"),
        (
            "123456789012.dkr.ecr.us-east-1.amazonaws.com", ["AWS_USE_FIPS_ENDPOINT": "True", "AWS_USE_DUALSTACK_ENDPOINT": "true"], [:],
            "https://ecr-fips.us-east-1.api.aws/"
        ),
        (
            "123456789012.dkr-ecr-fips.us-east-1.on.aws", ["AWS_USE_DUALSTACK_ENDPOINT": "false"], [:],
            "https://api.ecr-fips.us-east-1.amazonaws.com/"
        ),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", [:], [:], "https://api.ecr-fips.us-gov-west-1.amazonaws.com/"),
    ])
    func `the endpoint is the operator's, else follows the host`(
        registry: String, variables: [String: String], settings: [String: String], url: String
    ) throws {
        let host = FakePluginHost(unixTime: Self.now) { _ in Self.answer(expires: nil, isPublic: registry == "public.ecr.aws") }
        let provider = try Self.provider(Self.keys.merging(variables) { $1 }, settings: settings)
        _ = try provider.provide(PluginRequest(registry: registry, repository: "a"), call: host.call)
        #expect(host.requests.map(\.url) == [url])
    }

    @Test(arguments: [
        (["AWS_EC2_METADATA_DISABLED": "true"], "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        (["AWS_ACCESS_KEY_ID": "AKIDEXAMPLE"], "set AWS_SECRET_ACCESS_KEY too"),
        (["AWS_SECRET_ACCESS_KEY": "hunter2"], "set AWS_ACCESS_KEY_ID too"),
        (["AWS_ACCESS_KEY_ID": "AKID\n", "AWS_SECRET_ACCESS_KEY": "hunter2"], "line break"),
        (keys.merging(["AWS_USE_FIPS_ENDPOINT": "yes"]) { $1 }, "neither true nor false"),
        (keys.merging(["AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL": "https://x"]) { $1 }, "unset AWS_USE_FIPS_ENDPOINT"),
        (keys.merging(["AWS_ENDPOINT_URL": "ftp://x"]) { $1 }, "AWS_ENDPOINT_URL"),
        (keys.merging(["AWS_ENDPOINT_URL": "https://x?y=z"]) { $1 }, "query"),
    ])
    func `what is wrong with the environment is said by name, before anything is sent`(variables: [String: String], says: String) throws {
        let host = FakePluginHost { _ in Self.answer(expires: nil) }
        let provider = try Self.provider(variables)
        let request = PluginRequest(registry: "123456789012.dkr.ecr.us-east-1.amazonaws.com", repository: "a")
        let failure = failure { try provider.provide(request, call: host.call) }
        #expect(failure?.description.contains(says) == true, "\(String(describing: failure))")
        #expect(failure?.description.contains("hunter2") == false)
        #expect(host.requests.isEmpty)
    }

    @Test func `a region that is none never becomes part of a host name`() throws {
        for region in ["evil.example/#", "a b", "", "eu-west-1.evil.example"] {
            #expect(failure { try Self.provider(settings: ["region": region]) }?.code == .invalid)
        }
    }
}

/// What `body` throws.
func failure<Result>(_ body: () throws -> Result) -> Failure? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? Failure
    }
}
