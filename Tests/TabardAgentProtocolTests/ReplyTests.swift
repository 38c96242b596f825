import TabardCore
import Testing

@testable import TabardAgentProtocol

@Suite struct ReplyTests {
    private func again(_ reply: AgentReply) throws -> AgentReply { try #require(try AgentReply(try reply.frame())) }

    @Test func `entries arrive with everything that they have`() throws {
        let entries = [
            AuthEntry(
                pattern: "*.r.example", username: "user", password: Secret("p\"ä"), origin: Origin(.plugin, "aws-ecr-key"),
                expires: UTCTime(unixNanoseconds: 1_800_000_000_123_456_789)),
            AuthEntry(pattern: "r.example", kind: .identityToken, username: "", password: Secret(""), origin: Origin(.execPlugin, "x")),
        ]
        guard case .entries(let read) = try again(.entries(ProviderReply(entries: entries, scope: .registry, duration: .seconds(90))))
        else {
            Issue.record("another answer")
            return
        }
        #expect(read.scope == .registry && read.duration == .seconds(90))
        #expect(read.entries.map(\.pattern) == entries.map(\.pattern) && read.entries.map(\.kind) == entries.map(\.kind))
        #expect(read.entries.map(\.username) == ["user", ""] && read.entries.map(\.password.text) == ["p\"ä", ""])
        #expect(read.entries.map(\.origin) == entries.map(\.origin) && read.entries.map(\.expires) == entries.map(\.expires))
    }

    @Test func `a failure arrives with every word`() throws {
        let failure = Failure(
            .denied, attempting: "asking", on: "r.example/a", reason: "no\n\"", advice: "try", source: "aws-ecr-key", httpStatus: 403,
            retryAfter: .seconds(7))
        guard case .failure(let read) = try again(.failure(failure)) else {
            Issue.record("another answer")
            return
        }
        #expect(read == failure)
        let bare = Failure(.timedOut, attempting: "asking", reason: "late")
        guard case .failure(let again) = try again(.failure(bare)) else {
            Issue.record("another answer")
            return
        }
        #expect(again == bare)
    }

    @Test func `a kubelet's answer goes through byte by byte`() throws {
        guard case .kubeletResponse(let read) = try again(.kubeletResponse(Secret("{}\n"))) else {
            Issue.record("another answer")
            return
        }
        #expect(read.text == "{}\n")
    }

    @Test(arguments: [
        #"{"scope":"Planet","lifetime":1,"entries":[]}"#, #"{"scope":"Image","lifetime":-1,"entries":[]}"#,
        #"{"scope":"Image","lifetime":1}"#, #"{"scope":"Image","lifetime":1,"entries":[{"pattern":"x"}]}"#, "", "[]",
    ])
    func `entries that are none are a broken protocol`(body: String) {
        let failure = #expect(throws: Failure.self) { try AgentReply(AgentFrame(.reply, Secret(body))) }
        #expect(failure?.code == .badResponse)
    }

    @Test(arguments: [AgentFrame.Kind.question, .acknowledged, .working]) func `what is no answer is none`(kind: AgentFrame.Kind) throws {
        #expect(try AgentReply(AgentFrame(kind)) == nil)
    }

    @Test func `a password that JSON cannot carry is a failure and no broken answer`() {
        let password = [0xFF, 0xFE].withUnsafeBytes { Secret(copying: UnsafeRawBufferPointer(rebasing: $0[..<1])) }
        let entry = AuthEntry(pattern: "r.example", username: "u", password: password, origin: Origin(.plugin, "x"))
        #expect(throws: Failure.self) { try AgentReply.entries(ProviderReply(entries: [entry])).frame() }
    }
}
