import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardAgentProtocol

@Suite struct ClientTests {
    private static func question() throws -> AgentQuestion {
        var request = ProviderRequest(image: try ImageReference("r.example/a"))
        request.serviceAccountToken = Secret("the-token")
        return AgentQuestion(.logins, request, setup: "", patience: .zero)
    }

    private func ask(_ path: String, seconds: Double = 60) async throws -> AgentClient.Outcome {
        try await onThread {
            try AgentClient(path: path).ask(
                try Self.question(), until: SystemClocks().monotonicNanoseconds + Int64(seconds * 1_000_000_000))
        }
    }

    private func expectAlone(
        _ outcome: AgentClient.Outcome, isNews: Bool = true, saying words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard case .alone(let reason, let news) = outcome else {
            Issue.record("\(outcome)", sourceLocation: sourceLocation)
            return
        }
        #expect(news == isNews && reason.contains(words), "\(reason)", sourceLocation: sourceLocation)
        #expect(!reason.contains("the-token"), sourceLocation: sourceLocation)
    }

    @Test func `the answer behind the signs is the answer`() async throws {
        let agent = try ScriptedAgent {
            [AgentFrame(.acknowledged).array, AgentFrame(.working).array, AgentFrame(.kubeletResponse, Secret("{}")).array]
        }
        guard case .answered(.kubeletResponse(let bytes)) = try await ask(agent.path) else {
            Issue.record("no answer")
            return
        }
        #expect(bytes.text == "{}")
        #expect(agent.asked.count == 1 && agent.asked[0].contains("the-token"))
    }

    @Test func `a failure is an answer and nothing to go on alone for`() async throws {
        let failure = Failure(.denied, attempting: "asking", reason: "no", source: "x", retryAfter: .seconds(3))
        let agent = try ScriptedAgent { [(try? AgentReply.failure(failure).frame().array) ?? []] }
        guard case .answered(.failure(let read)) = try await ask(agent.path) else {
            Issue.record("no answer")
            return
        }
        #expect(read == failure)
    }

    @Test func `where nothing is, the client goes on alone without a word`() async throws {
        expectAlone(try await ask("/nonexistent/agent.sock"), isNews: false, saying: "No such file")
    }

    @Test func `a socket that nobody listens at is news`() async throws {
        let folder = TemporaryFolder()
        do { _ = try SocketListener.listen(at: folder.path("agent.sock"), mode: 0o600).number }
        expectAlone(try await ask(folder.path("agent.sock")), saying: "Connection refused")
    }

    @Test func `an agent that gives no sign is left`() async throws {
        let agent = try ScriptedAgent { [] }
        expectAlone(try await ask(agent.path, seconds: 0.4), saying: "gave no sign")
    }

    @Test func `an agent that falls silent is left while there is time to go on alone`() async throws {
        let agent = try ScriptedAgent { [AgentFrame(.acknowledged).array] }
        expectAlone(try await ask(agent.path, seconds: 3), saying: "went silent")
    }

    @Test(arguments: [0.001, 0.1, 1, 3, 10, 45, 3600])
    func `between two signs of an agent there is less time than a client waits for one`(seconds: Double) {
        let left = Int64(seconds * 1e9)
        #expect(2 * AgentTiming.heartbeat(left: left) < AgentTiming.patienceForNextSign(left: left))
        #expect(2 * AgentTiming.acknowledgement <= AgentTiming.patienceForFirstSign(left: max(left, 400_000_000)))
    }

    @Test func `an agent that hangs up is left`() async throws {
        let agent = try ScriptedAgent(hangsUp: true) { [] }
        expectAlone(try await ask(agent.path), saying: "without an answer")
    }

    @Test func `an agent of another version is left`() async throws {
        let agent = try ScriptedAgent { [[0x54, 0x42, 2, 0x52, 0, 0, 0, 0]] }
        expectAlone(try await ask(agent.path), saying: "version 2")
    }

    @Test func `somebody who is no agent is left`() async throws {
        let agent = try ScriptedAgent { [Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)] }
        expectAlone(try await ask(agent.path), saying: "does not speak")
    }

    @Test func `an answer that cannot be read is none`() async throws {
        let agent = try ScriptedAgent { [AgentFrame(.reply, Secret("{")).array] }
        expectAlone(try await ask(agent.path), saying: "reading the answer")
    }

    @Test func `an agent that says that it is not for it is left without a word`() async throws {
        let agent = try ScriptedAgent { [AgentFrame(.notMine, Secret("other settings")).array] }
        expectAlone(try await ask(agent.path), isNews: false, saying: "other settings")
    }

    @Test func `a deadline that passes while the agent is at work is a deadline`() async throws {
        let agent = try ScriptedAgent(floods: true) { [AgentFrame(.acknowledged).array, AgentFrame(.working).array] }
        let failure = await #expect(throws: Failure.self) { _ = try await ask(agent.path, seconds: 0.5) }
        #expect(failure?.code == .timedOut && failure?.subject == "r.example/a")
    }

    @Test func `a socket that is not to be trusted gets no token`() async throws {
        let agent = try ScriptedAgent { [AgentFrame(.kubeletResponse, Secret("{}")).array] }
        let path = "\(agent.folder.path)/open"
        #expect(TemporaryFolder.link(agent.path, at: path))
        expectAlone(try await ask(path), saying: "no socket")
        #expect(agent.asked.isEmpty)
    }
}
