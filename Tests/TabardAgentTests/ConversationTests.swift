import Glibc
import TabardAgentProtocol
import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardAgent

@Suite struct ConversationTests {
    /// The descriptors of the two ends of one connection.
    private static func pair() throws -> [Int32] {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError("socketpair") }
        return ends
    }

    private static func connection(_ number: Int32) -> UnixConnection { UnixConnection(owning: FileDescriptor(owning: number)) }

    private static func conversation(_ number: Int32) -> Conversation {
        Conversation(
            number: 1, connection: connection(number), question: Secret(""), deadline: 45_000_000_000, isOwner: true, now: 0)
    }

    /// Everything that can be read now.
    private static func frames(_ connection: borrowing UnixConnection) throws -> [AgentFrame.Kind] {
        var reader = AgentFrameReader()
        while (try? connection.receive(until: 0, { reader.append($0) })) == true {}
        var kinds: [AgentFrame.Kind] = []
        while let frame = try reader.next() { kinds.append(frame.kind) }
        return kinds
    }

    @Test func `a client hears in time that its question has arrived, and then that it is worked on`() throws {
        let ends = try Self.pair()
        let conversation = Self.conversation(ends[0])
        let client = Self.connection(ends[1])
        conversation.sign(now: 1_000_000)
        #expect(try Self.frames(client).isEmpty)
        conversation.sign(now: AgentTiming.acknowledgement - 20_000_000)
        #expect(try Self.frames(client) == [.acknowledged])
        conversation.sign(now: AgentTiming.acknowledgement)
        #expect(try Self.frames(client).isEmpty)
        conversation.sign(now: 1_100_000_000)
        conversation.sign(now: 1_200_000_000)
        #expect(try Self.frames(client) == [.working])
        conversation.end(with: .notMine("x"))
        conversation.sign(now: 9_000_000_000)
        conversation.end(with: .notMine("again"))
        #expect(try Self.frames(client) == [.notMine])
    }

    @Test func `what another process answers is not answered here`() throws {
        let ends = try Self.pair()
        let conversation = Self.conversation(ends[0])
        let client = Self.connection(ends[1])
        #expect(conversation.handOver())
        conversation.sign(now: 5_000_000_000)
        conversation.end(with: .notMine("x"))
        #expect(try Self.frames(client).isEmpty)
        let others = try Self.pair()
        let answered = Self.conversation(others[0])
        close(others[1])
        answered.end(with: .notMine("x"))
        #expect(!answered.handOver())
    }

    @Test func `a client that does not read its answer keeps nobody waiting for a sign`() async throws {
        let ends = try Self.pair()
        let conversation = Self.conversation(ends[0])
        // More than fits between the two.
        let answer = AgentReply.status(Secret(String(repeating: "x", count: 2 << 20)))
        let isWriting = Cancellation()
        let writer = try WorkerThread {
            isWriting.cancel()
            conversation.end(with: answer)
        }
        // All on one thread: the writing has an end of its own, for which the threads that tests share may be too late.
        let count = try await onThread {
            let client = Self.connection(ends[1])
            _ = Cancellation.wait(forAnyOf: [isWriting], atMost: 60_000_000_000)
            // Until the answer has begun there is room for signs; then there is none, and they must not wait for some.
            for moment in 1...200 { conversation.sign(now: Int64(moment) * 2_000_000_000) }
            // Reading ends the writing.
            var (isOpen, count) = (true, 0)
            let limit = SystemClocks().monotonicNanoseconds + 60_000_000_000
            while isOpen, count < 2 << 20 { isOpen = try client.receive(until: limit) { count += $0.count } }
            return count
        }
        writer.join()
        #expect(count >= 2 << 20)
    }
}
