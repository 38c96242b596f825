import TabardAgentProtocol
import TabardCore
import TabardSystem

/// One client with one question, from its arrival to the answer.
final class Conversation: Sendable {
    private struct State {
        /// When the client last heard something, on CLOCK_MONOTONIC in nanoseconds.
        var lastSign: Int64
        var wasAcknowledged = false
        /// The answer is being written, or nobody is there to read it.
        var hasEnded = false
        /// Somebody else answers: nothing is written any more.
        var isHandedOver = false
    }

    /// Tells conversations apart.
    let number: UInt64
    /// The question as it came, for a process that takes over.
    let question: Secret
    /// When the client wants the answer, on CLOCK_MONOTONIC in nanoseconds.
    let deadline: Int64
    /// Whether the client is root or the agent's own user.
    let isOwner: Bool
    private let connection: UnixConnection
    private let state: Monitor<State>

    /// How long a client may take to read what it is sent.
    private static let patienceForWriting: Int64 = 5_000_000_000

    init(number: UInt64, connection: consuming UnixConnection, question: Secret, deadline: Int64, isOwner: Bool, now: Int64) {
        self.number = number
        self.connection = connection
        self.question = question
        self.deadline = deadline
        self.isOwner = isOwner
        state = Monitor(State(lastSign: now))
    }

    /// The descriptor of the connection, for handing it over.
    var descriptor: Int32 { connection.number }

    /// Says that the agent is at work, if that is due.
    func sign(now: Int64) {
        state.withLock { state in
            guard !state.hasEnded, !state.isHandedOver else { return }
            let interval = state.wasAcknowledged ? AgentTiming.heartbeat(left: deadline - now) : AgentTiming.acknowledgement / 2
            guard now - state.lastSign >= interval else { return }
            // A sign fits into the buffer, or nobody reads: it is never waited for, since the next client's sign is due as well.
            state.hasEnded = !write(AgentFrame(state.wasAcknowledged ? .working : .acknowledged), until: now)
            state.wasAcknowledged = true
            state.lastSign = now
        }
    }

    /// Writes the answer, unless it is somebody else's by now.
    func end(with reply: AgentReply) {
        let frame: AgentFrame
        do throws(Failure) {
            frame = try reply.frame()
        } catch {
            frame = AgentFrame(.notMine, Secret("the agent cannot put its answer into words: \(error)"))
        }
        let isOurs = state.withLock { state in
            guard !state.hasEnded, !state.isHandedOver else { return false }
            state.hasEnded = true
            return true
        }
        // Outside the lock: a client that is slow to read keeps nobody from getting its sign. One that has gone needs no answer.
        if isOurs { _ = write(frame, until: SystemClocks().monotonicNanoseconds + Self.patienceForWriting) }
    }

    /// Gives it to another process.
    ///
    /// - Returns: Whether it still has to be answered.
    func handOver() -> Bool {
        state.withLock { state in
            guard !state.hasEnded else { return false }
            state.isHandedOver = true
            return true
        }
    }

    private func write(_ frame: AgentFrame, until limit: Int64) -> Bool {
        let bytes = frame.bytes
        do throws(SystemError) {
            try bytes.withBytes { (bytes) throws(SystemError) in try connection.writeAll(bytes, until: limit) }
            return true
        } catch {
            return false
        }
    }
}
