import TabardAgentProtocol
import TabardCore
import TabardSystem

/// Takes questions from the socket and gives the answers.
final class AgentServer: Sendable {
    private struct State {
        var lastNumber: UInt64 = 0
        /// How many connections each foreign user has open.
        var guests: [UInt32: Int] = [:]
        /// Connections whose question has not been read to its end.
        var readers = 0
    }

    private let desk: QuestionDesk
    private let door: AgentDoor
    private let log: LogSink
    private let pulse: Pulse
    private let state = Monitor(State())
    private let clocks = SystemClocks()
    private let pool: Monitor<ConnectionPool?>

    /// How many clients are served at the same time, and how many of one user who is only a guest here.
    private static let mostClients = 512
    private static let mostOfOneGuest = 64
    /// How long a client may take to say what it wants.
    private static let patienceForQuestion: Int64 = 5_000_000_000
    private static let patienceForLastQuestions: Int64 = 1_000_000_000

    init(desk: QuestionDesk, door: AgentDoor, log: LogSink) throws(SystemError) {
        self.desk = desk
        self.door = door
        self.log = log
        pulse = try Pulse()
        pool = Monitor(nil)
    }

    /// Begins to take questions.
    func start(_ listener: consuming SocketListener) throws(SystemError) {
        let started = try ConnectionPool(listener, limit: Self.mostClients, log: log) { [self] connection in serve(connection) }
        pool.withLock { $0 = started }
    }

    /// Takes questions from another socket from now on; those that there are go on.
    func move(to listener: consuming SocketListener) throws(SystemError) {
        let before = pool.read { $0 }
        try start(listener)
        before?.stop()
    }

    /// Whether clients still find the socket.
    var isInPlace: Bool { pool.read { $0?.isInPlace } ?? true }
    /// The listening socket; -1 before the start.
    var descriptor: Int32 { pool.read { $0?.descriptor } ?? -1 }
    /// Its path; empty when the service manager made it.
    var place: String { pool.read { $0?.place } ?? "" }
    /// The questions that are being worked on.
    var conversations: [Conversation] { pulse.conversations }
    /// What has been asked so far.
    var questions: QuestionCounts { desk.questions }
    /// How many threads there are for clients.
    var threadCount: Int { pool.read { $0?.threadCount ?? 0 } }

    /// Takes no further connections: they wait in the kernel's queue. Whoever has connected may still ask, for a moment.
    func stopTaking() {
        pool.read { $0 }?.stop()
        _ = state.wait(until: clocks.monotonicNanoseconds + Self.patienceForLastQuestions) { $0.readers == 0 ? true : nil }
    }

    /// Gives up the questions that are being worked on: this process writes no answer to them any more.
    ///
    /// - Parameter deadline: How long to wait for answers that are being written, on CLOCK_MONOTONIC in nanoseconds.
    func handOver(until deadline: Int64) -> [Conversation] {
        let open = pulse.conversations.filter { $0.handOver() }
        let numbers = Set(open.map(\.number))
        pulse.waitForEnd(of: { !numbers.contains($0.number) }, until: deadline)
        return open
    }

    /// Goes on with a question that another process was asked.
    func resume(_ question: Handover.Question) {
        let connection = UnixConnection(owning: FileDescriptor(inherited: question.descriptor))
        let conversation = Conversation(
            number: nextNumber(), connection: connection, question: question.body, deadline: question.deadline, isOwner: question.isOwner,
            now: clocks.monotonicNanoseconds)
        guard let parsed = try? AgentQuestion(parsing: question.body) else {
            conversation.end(with: .notMine("the agent was replaced by one that does not understand the question"))
            return
        }
        do throws(SystemError) {
            pulse.add(conversation)
            try WorkerThread(stackSize: 512 * 1024, detached: true) { [self] in answer(conversation, parsed) }
        } catch {
            conversation.end(with: .notMine("the agent has no thread for the question"))
            pulse.remove(conversation)
        }
    }

    /// Takes no further questions, and waits for the answers to those that there are.
    ///
    /// - Returns: Whether all have been given.
    func stop(until deadline: Int64) -> Bool {
        pool.read { $0 }?.stop()
        return pulse.waitForEnd(of: { _ in true }, until: deadline)
    }

    /// Takes the socket's file away.
    func removeFile() { pool.read { $0 }?.removeFile() }

    private func serve(_ connection: consuming UnixConnection) {
        state.withLock { $0.readers += 1 }
        var isReading = true
        func hasRead() {
            if isReading { state.update { $0.readers -= 1 } }
            isReading = false
        }
        defer { hasRead() }
        let admission: (mayAsk: Bool, isOwner: Bool, user: UInt32)
        do throws(SystemError) {
            admission = try door.admits(connection)
        } catch {
            log(.warning, "A client was turned away: \(error)")
            return
        }
        guard admission.mayAsk, enter(admission.user, admission.isOwner) else {
            let reason = admission.mayAsk ? "has too many questions at a time" : "is none of those who may ask"
            log(.warning, "A client was turned away: user \(admission.user) \(reason)")
            send(.notMine("the agent does not answer user \(admission.user), who \(reason)"), on: connection)
            return
        }
        defer { leave(admission.user, admission.isOwner) }
        guard let body = question(on: connection) else { return }
        let question: AgentQuestion
        do throws(Failure) {
            question = try AgentQuestion(parsing: body)
        } catch {
            log(.warning, "A client was not understood: \(error)")
            send(.notMine("the agent does not understand the question: \(error)"), on: connection)
            return
        }
        let now = clocks.monotonicNanoseconds
        let conversation = Conversation(
            number: nextNumber(), connection: connection, question: body, deadline: now.addingSaturated(question.patience),
            isOwner: admission.isOwner, now: now)
        pulse.add(conversation)
        hasRead()
        answer(conversation, question)
    }

    private func answer(_ conversation: Conversation, _ question: AgentQuestion) {
        conversation.end(with: desk.answer(question, until: conversation.deadline, isOwner: conversation.isOwner))
        pulse.remove(conversation)
    }

    /// The body of the question; nil when none came. Whoever speaks another version hears ours.
    private func question(on connection: borrowing UnixConnection) -> Secret? {
        let limit = clocks.monotonicNanoseconds + Self.patienceForQuestion
        var reader = AgentFrameReader()
        do throws(AgentFrame.Fault) {
            while true {
                if let frame = try reader.next() {
                    if frame.kind == .question { return frame.body }
                    throw AgentFrame.Fault.malformed("it is no question")
                }
                let goesOn = Result { () throws(SystemError) in try connection.receive(until: limit) { reader.append($0) } }
                guard case .success(true) = goesOn else { return nil }
            }
        } catch {
            log(.info(2), "A client was not understood: \(error)")
            send(.notMine("the agent speaks version \(AgentFrame.version)"), on: connection)
            return nil
        }
    }

    private func send(_ reply: AgentReply, on connection: borrowing UnixConnection) {
        guard let bytes = try? reply.frame().bytes else { return }
        let limit = clocks.monotonicNanoseconds + 1_000_000_000
        // Who has gone needs no reason.
        bytes.withBytes { bytes in try? connection.writeAll(bytes, until: limit) }
    }

    private func nextNumber() -> UInt64 {
        state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
    }

    private func enter(_ user: UInt32, _ isOwner: Bool) -> Bool {
        guard !isOwner else { return true }
        return state.withLock { state in
            guard state.guests[user, default: 0] < Self.mostOfOneGuest else { return false }
            state.guests[user, default: 0] += 1
            return true
        }
    }

    private func leave(_ user: UInt32, _ isOwner: Bool) {
        guard !isOwner else { return }
        state.withLock { state in
            let left = state.guests[user, default: 1] - 1
            state.guests[user] = left > 0 ? left : nil
        }
    }
}
