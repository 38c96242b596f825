import TabardCache
import TabardCore
import TabardTestSupport
import Testing

@testable import TabardAgent

@Suite struct HandoverTests {
    private static func held(_ password: Secret = Secret("p\"w"), identity: [UInt8]? = nil) -> HeldReply {
        HeldReply(
            provider: "aws-ecr-key", imageName: "r.example/a", registry: "r.example", identity: identity,
            reply: ProviderReply(
                entries: [
                    AuthEntry(
                        pattern: "*.r.example", username: "AWS", password: password, origin: Origin(.plugin, "aws-ecr-key"),
                        expires: UTCTime(unixNanoseconds: 5))
                ], scope: .registry),
            until: 100, refreshAt: 80, refetchedAt: 7, wasRefused: false, wasUsed: true)
    }

    @Test func `everything arrives`() throws {
        var handover = Handover(listener: 5, place: "/run/tabard/agent.sock", metrics: 9)
        handover.questions = [Handover.Question(descriptor: 12, deadline: 1234, isOwner: false, body: Secret(#"{"token":"t"}"#))]
        handover.cache = CacheHandover(bootID: "boot", replies: [Self.held(), Self.held(identity: [0, 255, 7])])
        let read = try Handover(reading: try handover.write())
        #expect(read.listener == 5 && read.place == "/run/tabard/agent.sock" && read.metrics == 9)
        let question = try #require(read.questions.first)
        #expect(question.descriptor == 12 && question.deadline == 1234 && !question.isOwner && question.body.text == #"{"token":"t"}"#)
        #expect(read.cache.bootID == "boot" && read.cache.replies.map(\.identity) == [nil, [0, 255, 7]])
        let reply = try #require(read.cache.replies.first)
        #expect(reply.provider == "aws-ecr-key" && reply.imageName == "r.example/a" && reply.registry == "r.example")
        #expect(reply.until == 100 && reply.refreshAt == 80 && reply.refetchedAt == 7 && !reply.wasRefused && reply.wasUsed)
        #expect(reply.reply.scope == .registry && reply.reply.entries.map(\.password.text) == ["p\"w"])
        #expect(
            reply.reply.entries[0].expires == UTCTime(unixNanoseconds: 5) && reply.reply.entries[0].origin == Origin(.plugin, "aws-ecr-key")
        )
    }

    @Test func `a password that is no text stays behind, and the rest goes on`() throws {
        let bytes = [UInt8(0xFF)].withUnsafeBytes { Secret(copying: $0) }
        var handover = Handover(listener: 5, place: "", metrics: nil)
        handover.cache = CacheHandover(bootID: "boot", replies: [Self.held(bytes), Self.held()])
        #expect(try Handover(reading: try handover.write()).cache.replies.count == 1)
    }

    @Test func `of another version the socket alone is taken`() throws {
        let text = #"{"version":2,"listener":5,"place":"/x","questions":7,"replies":"other"}"#
        let read = try Handover(reading: Secret(text))
        #expect(read.listener == 5 && read.place == "/x" && read.questions.isEmpty && read.cache.bootID.isEmpty)
    }

    @Test(arguments: ["", "{}", #"{"version":1,"listener":0,"place":"","questions":[],"boot":"","replies":[]}"#])
    func `what is none is refused`(text: String) { #expect(throws: Failure.self) { try Handover(reading: Secret(text)) } }
}

extension Secret {
    /// The bytes as text, to compare with.
    var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
