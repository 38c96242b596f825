import TabardAgentProtocol
import TabardCore
import TabardSystem
import TabardTestSupport

/// Something at a socket that does what a test says: an agent, or none.
final class ScriptedAgent: Sendable {
    let folder = TemporaryFolder()
    let path: String
    private let stopping = Cancellation()
    private let questions = Guarded<[String]>([])
    private let thread: WorkerThread

    /// - Parameter answer: What is written when the question has arrived; nothing more is written afterwards. The connection stays open
    ///   until the client closes it, unless `hangsUp`.
    /// - Parameter floods: The last of it is written again and again until the client has gone.
    init(hangsUp: Bool = false, floods: Bool = false, _ answer: @escaping @Sendable () -> [[UInt8]]) throws {
        path = folder.path("agent.sock")
        let listener = try SocketListener.listen(at: path, mode: 0o600)
        let (stopping, questions) = (stopping, questions)
        thread = try WorkerThread {
            while let connection = try? listener.accept(unless: stopping) {
                let limit = SystemClocks().monotonicNanoseconds + 60_000_000_000
                var reader = AgentFrameReader()
                var question: AgentFrame?
                while question == nil, (try? connection.receive(until: limit) { reader.append($0) }) == true {
                    question = try? reader.next()
                }
                questions.withLock { $0.append(question?.body.text ?? "") }
                let pieces = answer()
                for bytes in pieces { _ = bytes.withUnsafeBytes { try? connection.writeAll($0, until: limit) } }
                if floods, let last = pieces.last {
                    while last.withUnsafeBytes({ try? connection.writeAll($0, until: limit) }) != nil {}
                }
                if !hangsUp { while (try? connection.receive(until: limit) { _ in }) == true {} }
            }
        }
    }

    deinit {
        stopping.cancel()
        thread.join()
    }

    /// What it was asked.
    var asked: [String] { questions.withLock { $0 } }
}

extension AgentFrame {
    /// The bytes, which a test does not have to hide.
    var array: [UInt8] { bytes.withBytes { Array($0) } }
}
