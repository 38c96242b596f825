import Glibc
import TabardJSON
import TabardSystem
import TabardTestSupport

/// `tabard agent` of the staged binaries in a world, ended with the last reference.
final class RunningAgent: Sendable {
    private struct State {
        var log = ""
        var hasEnded = false
    }

    /// Where it listens.
    let socket: String
    private let child: Guarded<ChildProcess>
    private let processID: Int32
    private let state = Monitor(State())
    private let reader: Guarded<WorkerThread?>

    /// Generous: the machine may be compiling meanwhile.
    private static let patience: Int64 = 60_000_000_000

    /// Starts it and waits until it answers.
    ///
    /// - Parameters:
    ///   - program: Another file than the staged one.
    ///   - waits: Whether to wait until it answers.
    convenience init(
        _ world: World, _ arguments: [String] = [], environment: [String: String] = [:], program: String? = nil, waits: Bool = true
    ) throws {
        try self.init(
            in: world.folder, arguments, environment: world.environment.merging(environment) { $1 }, program: program, waits: waits)
    }

    /// Starts one without a world.
    init(
        in folder: TemporaryFolder, _ arguments: [String] = [], environment: [String: String], program: String? = nil, waits: Bool = true
    ) throws {
        socket = folder.path("agent.sock")
        let variables = Tool.environment.merging(environment) { $1 }.filter { !$0.value.isEmpty }
        let started = try ChildProcess(
            ChildCommand(
                path: program ?? StagedTools.path("tabard"), arguments: ["agent", "--socket", socket] + arguments, environment: variables))
        processID = started.processID
        let errors = started.errors.number
        let state = state
        // The descriptor lives as long as the child, which is kept until this thread has ended.
        let thread = try WorkerThread {
            var buffer = [UInt8](repeating: 0, count: 65536)
            while (try? Poll.waitReadable([errors], until: .max)) == true {
                let count = read(errors, &buffer, buffer.count)
                if count < 0, errno == EAGAIN || errno == EINTR { continue }
                if count <= 0 { break }
                let text = String(decoding: buffer[..<count], as: UTF8.self)
                state.update { $0.log += text }
            }
            state.update { $0.hasEnded = true }
        }
        child = Guarded(started)
        reader = Guarded(thread)
        if waits { try wait(for: "The agent answers at") }
    }

    deinit {
        kill(processID, SIGKILL)
        reader.withLock { $0?.join() }
    }

    /// Everything that it has logged.
    var log: String { state.read { $0.log } }

    /// Waits until the log has `text` that many times.
    func wait(for text: String, times: Int = 1) throws {
        let limit = SystemClocks().monotonicNanoseconds + Self.patience
        let found = state.wait(until: limit) { state -> Bool? in
            if state.log.components(of: text) >= times { return true }
            return state.hasEnded ? false : nil
        }
        guard found == true else { throw RunningService.ServiceError(description: "the agent did not say \"\(text)\":\n\(log)") }
    }

    /// Sends a signal.
    func signal(_ number: Int32) { kill(processID, number) }

    /// The process.
    var process: Int32 { processID }

    /// Waits for the end that a signal has begun.
    func waitForEnd() throws -> ChildEnding {
        let limit = SystemClocks().monotonicNanoseconds + Self.patience
        return try child.withLock { child in
            guard try child.waitForEnding(until: limit) else {
                throw RunningService.ServiceError(description: "the agent does not end:\n\(log)")
            }
            return child.end()
        }
    }

    /// The digest that clients have to show.
    func setup() throws -> String { try status().requireString("setup") }

    /// `tabard agent status --json`.
    func status() throws -> JSONNode {
        let result = try Tool.run(StagedTools.path("tabard"), ["agent", "status", "--socket", socket, "--json"])
        guard result.status == 0 else { throw RunningService.ServiceError(description: "\(result)") }
        return try JSONDocument(parsing: Array(result.output.utf8)).root
    }
}

extension String {
    /// How often a text stands in it.
    fileprivate func components(of text: String) -> Int { split(separator: text, omittingEmptySubsequences: false).count - 1 }
}
