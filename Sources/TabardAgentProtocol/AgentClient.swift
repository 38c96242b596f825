import Glibc
public import TabardCore
import TabardSystem

/// Asks the agent of this machine, if there is one that answers for the same identity.
public struct AgentClient: Sendable {
    /// Where agents listen unless they are told otherwise.
    public static let usualPath = "/run/tabard/agent.sock"

    /// What comes of it.
    public enum Outcome: Sendable {
        /// The agent has answered; never with `.notMine`.
        case answered(AgentReply)
        /// The client has to ask the providers itself. `isNews` says whether an operator should hear why: an agent is there and something
        /// is wrong with it.
        case alone(reason: String, isNews: Bool)
    }

    /// The path of the socket.
    public let path: String

    /// Names the socket.
    public init(path: String) { self.path = path }

    /// Asks, and waits for the answer as long as the agent shows that it is at work.
    ///
    /// Going on alone is for when nobody listens, when the agent gives no sign, speaks another version, or says that it is not for it to
    /// answer. There is time left for that then. What the agent fails to get from a cloud is not asked for again.
    /// - Parameters:
    ///   - question: Its `patience` is set to what is left until the deadline.
    ///   - deadline: On CLOCK_MONOTONIC in nanoseconds.
    /// - Throws: `.timedOut` when the deadline passed while the agent was at work; `.invalid` for what JSON cannot carry.
    public func ask(_ question: AgentQuestion, until deadline: Int64) throws(Failure) -> Outcome {
        do throws(Stop) {
            return .answered(try answer(to: question, until: deadline))
        } catch {
            switch error {
            case .alone(let reason, let isNews): return .alone(reason: reason, isNews: isNews)
            case .failed(let failure): throw failure
            }
        }
    }

    private enum Stop: Error {
        case alone(String, isNews: Bool)
        case failed(Failure)
    }

    private func answer(to question: AgentQuestion, until deadline: Int64) throws(Stop) -> AgentReply {
        try checkPlace()
        let start = clocks.monotonicNanoseconds
        let left = max(0, deadline.subtractingReportingOverflow(start).partialValue)
        let firstSign = start + AgentTiming.patienceForFirstSign(left: left)
        let connection = try connect(until: firstSign)
        var question = question
        question.patience = .nanoseconds(left - AgentTiming.reserve(left: left))
        try send(question, on: connection, until: firstSign)
        var reader = AgentFrameReader()
        var (limit, wasHeard) = (firstSign, false)
        while true {
            while let frame = try next(from: &reader) {
                guard frame.kind == .acknowledged || frame.kind == .working else { return try reply(in: frame) }
                let now = clocks.monotonicNanoseconds
                guard now < deadline else { throw .failed(late(question)) }
                (limit, wasHeard) = (now + AgentTiming.patienceForNextSign(left: deadline - now), true)
            }
            do throws(SystemError) {
                guard try connection.receive(until: min(limit, deadline), { reader.append($0) }) else {
                    throw SystemError("recv", on: "the end came without an answer", number: ECONNRESET)
                }
            } catch {
                // A deadline that comes while the agent is at work is the deadline; else there is time left, if little.
                if wasHeard, clocks.monotonicNanoseconds >= deadline { throw .failed(late(question)) }
                throw .alone("the agent at \(path) \(wasHeard ? "went silent" : "gave no sign"): \(error)", isNews: true)
            }
        }
    }

    private var clocks: SystemClocks { SystemClocks() }

    private func checkPlace() throws(Stop) {
        let complaint: String?
        do throws(SystemError) {
            complaint = try AgentTrust.complaint(aboutSocket: path)
        } catch {
            throw .alone(error.description, isNews: !error.isNotFound)
        }
        if let complaint { throw .alone("\(path) is not asked: \(complaint)", isNews: true) }
    }

    /// Whoever listens has to be root or this user: its token does not go to anybody else.
    private func connect(until deadline: Int64) throws(Stop) -> UnixConnection {
        do throws(SystemError) {
            let connection = try UnixConnection.connect(to: path, until: deadline)
            if let complaint = AgentTrust.complaint(about: try connection.peer) {
                throw SystemError("connect", on: "\(path): \(complaint)", number: EPERM)
            }
            return connection
        } catch {
            throw .alone(error.description, isNews: true)
        }
    }

    private func send(_ question: AgentQuestion, on connection: borrowing UnixConnection, until deadline: Int64) throws(Stop) {
        let bytes: Secret
        do throws(Failure) {
            bytes = AgentFrame(.question, try question.write()).bytes
        } catch {
            throw .failed(error)
        }
        do throws(SystemError) {
            try bytes.withBytes { (bytes) throws(SystemError) in try connection.writeAll(bytes, until: deadline) }
        } catch {
            throw .alone("\(path): \(error)", isNews: true)
        }
    }

    private func next(from reader: inout AgentFrameReader) throws(Stop) -> AgentFrame? {
        do throws(AgentFrame.Fault) {
            return try reader.next()
        } catch {
            switch error {
            case .otherVersion(let version): throw .alone("the agent at \(path) speaks version \(version)", isNews: true)
            case .malformed(let what): throw .alone("\(path) does not speak the agent's protocol: \(what)", isNews: true)
            }
        }
    }

    private func reply(in frame: AgentFrame) throws(Stop) -> AgentReply {
        let reply: AgentReply?
        do throws(Failure) {
            reply = try AgentReply(frame)
        } catch {
            throw .alone("\(error)", isNews: true)
        }
        guard let reply else { throw .alone("\(path) asks back", isNews: true) }
        if case .notMine(let reason) = reply { throw .alone(reason, isNews: false) }
        return reply
    }

    private func late(_ question: AgentQuestion) -> Failure {
        Failure(
            .timedOut, attempting: "waiting for the agent", on: question.request.image.name,
            reason: "it was still at work when the time was over", advice: "see `tabard agent status`")
    }
}
