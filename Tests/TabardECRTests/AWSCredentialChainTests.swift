import Synchronization
import TabardCore
import TabardJSON
import TabardPluginKit
import TabardSigning
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardECR

/// Whole scenarios: variables, files and the exchanges that must follow each other, down to credentials or the words of the failure.
@Suite struct AWSCredentialChainTests {
    struct Scenario: CustomTestStringConvertible, Sendable {
        let node: JSONNode
        var testDescription: String { node["name"]?.string ?? "?" }
    }

    static func scenarios() throws -> [Scenario] {
        try ["credentials", "profile-credentials"].flatMap { try Fixtures.jsonLines("ecr/\($0).jsonl").map { Scenario(node: $0) } }
    }

    @Test(arguments: try scenarios())
    func `credentials come from where the scenario says`(_ scenario: Scenario) throws {
        let node = scenario.node
        let variables = try node.requireObject("environment").asStringMap()
        let files = try node.requireObject("files").asStringMap()
        let environment = AWSEnvironment(
            file: { (path) throws(SystemError) in
                guard let text = files[path] else { throw SystemError("open", on: path, number: 2) }
                return Secret(text)
            }, value: { variables[$0] })
        let exchanges = try node.requireArray("exchanges")
        let position = Mutex(0)
        let host = FakePluginHost(unixTime: ECRProviderTests.now) { (request) throws(Failure) in
            let index = position.withLock { number in
                number += 1
                return number - 1
            }
            guard index < exchanges.count else {
                throw Failure(.internalFault, attempting: "\(request.method) \(request.url)", reason: "the scenario has no such exchange")
            }
            return try Self.answer(request, by: exchanges[index])
        }
        let retries = AWSRetries(
            budget: RetryBudget(random: { 0 }), machine: AWSMachine(environment: environment, setting: node["ec2"].map { $0.bool } ?? false)
        )
        let chain = AWSCredentialChain(
            environment: environment, client: AWSClient(retries: retries), retries: retries,
            allowsMetadataV1: node["allowsV1"]?.bool ?? false)

        if let code = node["code"]?.string {
            let failure = try #require(failure { try chain.credentials(region: "us-east-1", call: host.call) })
            #expect(failure.code.rawValue == code, "\(failure)")
            for text in try node.require("says").asStrings() { #expect(failure.description.contains(text), "\(failure)") }
            for text in try node.require("saysNot").asStrings() { #expect(!failure.description.contains(text), "\(failure)") }
        } else {
            let expected = try node.requireObject("credentials")
            let found = try chain.credentials(region: "us-east-1", call: host.call).credentials
            #expect(found.accessKeyID == (try expected.requireString("accessKeyID")))
            #expect(found.secretAccessKey.hasSameBytes(as: Secret(try expected.requireString("secretAccessKey"))))
            #expect((found.sessionToken == nil) == (expected["sessionToken"] == nil))
            if let token = expected["sessionToken"]?.secret { #expect(found.sessionToken?.hasSameBytes(as: token) == true) }
            #expect(found.expires?.rfc3339 == expected["expires"]?.string)
        }
        #expect(host.requests.count == exchanges.count)
    }

    private static func answer(_ request: PluginHTTPRequest, by exchange: JSONNode) throws(Failure) -> PluginHTTPResponse {
        #expect(request.method == exchange["method"]?.string)
        #expect(request.url == exchange["url"]?.string)
        #expect(request.isMetadata == (exchange["isMetadata"]?.bool ?? (request.url.hasPrefix("http://") && request.method != "POST")))
        for name in try exchange["without"]?.asStrings() ?? [] { #expect(!request.headers.contains { $0.name == name }, "\(name)") }
        for (name, value) in try exchange["fields"]?.asStringMap() ?? [:] {
            let sent = request.headers.filter { $0.name == name }.map { field in
                switch field.value {
                case .text(let text): Secret(text)
                case .secret(let secret): secret
                }
            }
            #expect(sent.count == 1 && sent[0].hasSameBytes(as: Secret(value)), "\(name)")
        }
        if let body = exchange["sends"]?.secret { #expect(request.body?.hasSameBytes(as: body) == true) }
        #expect(exchange["unsigned"] == nil || request.header("Authorization") == nil)
        if let keyID = exchange["signedBy"]?.string {
            #expect(request.header("Authorization")?.contains("Credential=\(keyID)/") == true)
        }
        if let code = exchange["fails"]?.string {
            throw Failure(Failure.Code(rawValue: code), attempting: "connecting", reason: "refused")
        }
        return PluginHTTPResponse(
            status: Int(try exchange.requireInt64("status")), body: try exchange.requireSecret("body"))
    }

    @Test func `a Pod's own role is taken with the token that the kubelet sent`() throws {
        let host = FakePluginHost(unixTime: ECRProviderTests.now) { request in
            if request.url.contains("sts") {
                return PluginHTTPResponse(
                    status: 200,
                    body: Secret(
                        "<R><Credentials><AccessKeyId>ASIAPOD</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
                            + "</Credentials></R>"))
            }
            return ECRProviderTests.answer(expires: nil)
        }
        let role = "arn:aws:iam::123456789012:role/pod"
        let request = PluginRequest(
            registry: "123456789012.dkr.ecr.eu-west-1.amazonaws.com", repository: "app", serviceAccountToken: Secret("DEADBEEF="),
            serviceAccountAnnotations: ["eks.amazonaws.com/ecr-role-arn": role])
        _ = try ECRProviderTests.provider(["AWS_ECR_ROLE_ARN": "arn:other"]).provide(request, call: host.call)
        #expect(host.requests.map(\.url) == ["https://sts.eu-west-1.amazonaws.com/", "https://api.ecr.eu-west-1.amazonaws.com/"])
        let expected =
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fpod"
            + "&RoleSessionName=ecr-credential-provider&WebIdentityToken=DEADBEEF%3D"
        #expect(host.requests[0].body?.hasSameBytes(as: Secret(expected)) == true)
        #expect(host.requests[1].header("Authorization")?.contains("Credential=ASIAPOD/") == true)
    }
}
