import Synchronization
import TabardCore
import TabardJSON
import TabardPluginKit
import TabardTestSupport
import Testing

@testable import TabardECR

/// What an operator reads when AWS says no, and what is tried again.
@Suite struct AWSRefusalTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let node: JSONNode
        var testDescription: String { node["name"]?.string ?? "?" }
    }

    static let variables = ["AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "hunter2"]
    static let request = PluginRequest(registry: "123456789012.dkr.ecr.eu-west-1.amazonaws.com", repository: "app")

    static func cases() throws -> [Case] { try Fixtures.json("ecr/refusals.json").elements.map { Case(node: $0) } }

    @Test(arguments: try cases())
    func `a refusal says what to do`(_ c: Case) throws {
        let headers = try c.node.requireObject("headers").members.map { (name: $0.key, value: try $0.value.asString()) }
        let response = PluginHTTPResponse(
            status: Int(try c.node.requireInt64("status")), headers: headers, body: Secret(try c.node.requireString("body")))
        let host = FakePluginHost(unixTime: ECRProviderTests.now) { _ in response }
        let provider = try ECRProviderTests.provider(Self.variables)
        var request = Self.request
        if try c.node.requireBool("public") { request = PluginRequest(registry: "public.ecr.aws", repository: "app") }
        let failure = try #require(failure { try provider.provide(request, call: host.call) })
        #expect(failure.code.rawValue == (try c.node.requireString("code")))
        for text in try c.node.require("says").asStrings() {
            #expect(failure.description.contains(text), "\(failure)")
        }
        for text in try c.node.require("saysNot").asStrings() + ["hunter2"] {
            #expect(!failure.description.contains(text), "\(failure)")
        }
        #expect(host.requests.count == Int(c.node["attempts"]?.int64 ?? 1))
        if let seconds = c.node["waits"]?.int64 { #expect(host.sleeps.allSatisfy { $0 == .seconds(seconds) }) }
    }

    @Test(arguments: [3 * 3600 + 7, -3 * 3600 - 7])
    func `a wrong clock is corrected once from the answer's date`(offset: Int) throws {
        let real = ECRProviderTests.now.adding(.seconds(offset))
        let host = FakePluginHost(unixTime: ECRProviderTests.now) { request in
            if request.header("X-Amz-Date") == real.basicISO8601 { return ECRProviderTests.answer(expires: nil) }
            return PluginHTTPResponse(
                status: 400, headers: [("Date", real.httpDate)],
                body: Secret(#"{"__type":"InvalidSignatureException","message":"expired"}"#))
        }
        let reply = try ECRProviderTests.provider().provide(Self.request, call: host.call)
        #expect(reply.entries.count == 1)
        #expect(host.requests.count == 2)
        let words = offset > 0 ? "3h0m7s behind AWS's" : "3h0m7s ahead of AWS's"
        #expect(host.lines.contains { $0.level == .warning && $0.text.contains(words) })
    }

    @Test func `a signature refused again says by how much the clock is wrong`() throws {
        let host = FakePluginHost(unixTime: ECRProviderTests.now) { _ in
            PluginHTTPResponse(
                status: 403, headers: [("Date", "Thu, 15 Jan 2026 12:11:12 GMT")], body: Secret(#"{"__type":"SignatureDoesNotMatch"}"#))
        }
        let failure = try #require(failure { try ECRProviderTests.provider(Self.variables).provide(Self.request, call: host.call) })
        #expect(failure.description.contains("this machine's clock is 2h0m0s behind AWS's"), "\(failure)")
        #expect(host.requests.count == 2)
    }

    @Test func `a small difference does not hide a wrong key`() throws {
        let host = FakePluginHost(unixTime: ECRProviderTests.now) { _ in
            PluginHTTPResponse(
                status: 403, headers: [("Date", "Thu, 15 Jan 2026 10:11:13 GMT")], body: Secret(#"{"__type":"SignatureDoesNotMatch"}"#))
        }
        let failure = try #require(failure { try ECRProviderTests.provider(Self.variables).provide(Self.request, call: host.call) })
        #expect(failure.description.contains("the clocks agree"), "\(failure)")
        #expect(host.requests.count == 1)
    }

    @Test func `a temporary key without its token is told so`() throws {
        let host = FakePluginHost { _ in
            PluginHTTPResponse(status: 400, body: Secret(#"{"__type":"UnrecognizedClientException"}"#))
        }
        let variables = ["AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "s"]
        let failure = try #require(failure { try ECRProviderTests.provider(variables).provide(Self.request, call: host.call) })
        #expect(failure.advice.contains("set AWS_SESSION_TOKEN too"))
    }

    @Test func `a reset connection is tried again, and an answer then counts`() throws {
        let left = Mutex(2)
        let host = FakePluginHost(unixTime: ECRProviderTests.now) { (_) throws(Failure) in
            let isReset = left.withLock { count in
                count -= 1
                return count >= 0
            }
            if isReset { throw Failure(.unavailable, attempting: "reading the answer", reason: "connection reset by peer") }
            return ECRProviderTests.answer(expires: nil)
        }
        let reply = try ECRProviderTests.provider().provide(Self.request, call: host.call)
        #expect(reply.entries.count == 1)
        #expect(host.requests.count == 3)
        #expect(host.sleeps.count == 2)
    }

    @Test(arguments: ["connection refused", "network is unreachable", "the name api.ecr.eu-west-1.amazonaws.com cannot be resolved"])
    func `on Amazon's machine what gets no answer is tried until the deadline, elsewhere it is not`(reason: String) throws {
        let lost = Failure(.unavailable, attempting: "connecting", reason: reason)
        for (ec2, refusals, isAnswered) in [("true", 12, true), ("true", 10_000, false), ("false", 12, false)] {
            let left = Mutex(refusals)
            let host = FakePluginHost(unixTime: ECRProviderTests.now, timeLimit: .seconds(45)) { (_) throws(Failure) in
                let isLost = left.withLock { count in
                    count -= 1
                    return count >= 0
                }
                if isLost { throw lost }
                return ECRProviderTests.answer(expires: nil)
            }
            let provider = try ECRProviderTests.provider(settings: ["ec2": ec2])
            let reply = try? provider.provide(Self.request, call: host.call)
            #expect((reply?.entries.count == 1) == isAnswered)
            let waited = host.sleeps.reduce(.zero, +)
            if ec2 == "true" {
                #expect(host.sleeps.allSatisfy { $0 >= .milliseconds(250) && $0 <= .seconds(5) })
                #expect(isAnswered ? host.requests.count == 13 : waited > .seconds(40) && waited < .seconds(45))
            } else {
                #expect(host.requests.count == 4 && waited < .seconds(5))
            }
        }
    }

    @Test func `the call's deadline ends the trying`() throws {
        let host = FakePluginHost(unixTime: ECRProviderTests.now, timeLimit: .milliseconds(300)) { _ in
            PluginHTTPResponse(status: 503)
        }
        let failure = try #require(failure { try ECRProviderTests.provider().provide(Self.request, call: host.call) })
        #expect(failure.code == .unavailable)
        #expect(failure.httpStatus == 503)
        #expect(host.requests.count == 2)
    }
}
