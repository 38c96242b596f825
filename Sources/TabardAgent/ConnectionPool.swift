import TabardCore
import TabardSystem

/// Threads that take connections from a listening socket, one at a time, and serve each to its end.
///
/// One thread waits for a connection; when it has one, the next thread takes its place and the first goes on with it, so that no
/// connection changes hands. A few threads wait for their turn, others end when they have nothing to do; above the limit nobody takes
/// connections, and the kernel keeps them in its queue.
final class ConnectionPool: Sendable {
    private struct State {
        var threads = 0
        var followers = 0
        var hasLeader = false
        var isStopping = false
    }

    private enum Role { case leader, nothing }

    private let listener: SocketListener
    private let limit: Int
    private let log: LogSink
    private let serve: @Sendable (consuming UnixConnection) -> Void
    private let state = Monitor(State())
    private let stopping = Cancellation()
    private let clocks = SystemClocks()

    /// How many threads wait for their turn, and how long, in nanoseconds.
    private static let mostFollowers = 4
    private static let patience: Int64 = 30_000_000_000
    private static let stackSize = 512 * 1024

    /// Starts to take connections.
    ///
    /// - Parameters:
    ///   - limit: How many are served at the same time.
    ///   - serve: Runs on a thread of its own for each.
    init(
        _ listener: consuming SocketListener, limit: Int, log: LogSink, serve: @escaping @Sendable (consuming UnixConnection) -> Void
    ) throws(SystemError) {
        self.listener = listener
        self.limit = limit
        self.log = log
        self.serve = serve
        try startThread()
    }

    /// The listening socket's descriptor.
    var descriptor: Int32 { listener.number }
    /// Its path; empty for one whose file is somebody else's.
    var place: String { listener.place }
    /// The port, for TCP.
    var port: Int? { listener.port }
    /// How many threads there are.
    var threadCount: Int { state.read { $0.threads } }

    /// Stops taking connections; those that there are go on. What arrives from now on waits in the kernel's queue.
    func stop() {
        stopping.cancel()
        state.update { $0.isStopping = true }
        _ = state.wait(until: nil) { $0.hasLeader ? nil : true }
    }

    /// Whether clients still find the socket.
    var isInPlace: Bool { listener.isInPlace }

    /// Takes the socket's file away.
    func removeFile() { listener.remove() }

    private func startThread() throws(SystemError) {
        state.withLock { $0.threads += 1 }
        do throws(SystemError) {
            try WorkerThread(stackSize: Self.stackSize, detached: true) { [self] in run() }
        } catch {
            state.withLock { $0.threads -= 1 }
            throw error
        }
    }

    private func run() {
        while takeTurn() {
            guard let connection = accept() else { break }
            // One follower is enough: waking them all would cost each question four times the switches between threads.
            let (needsThread, isStopping) = state.updateForOne { state in
                state.hasLeader = false
                return (state.followers == 0 && state.threads < limit && !state.isStopping, state.isStopping)
            }
            // Whoever stops the pool waits for the end of the lead, too.
            if isStopping { state.update { _ in } }
            if needsThread {
                // Without a thread to be had, the next connection waits for one of those that there are.
                do throws(SystemError) { try startThread() } catch { log(.warning, "No further thread for clients: \(error)") }
            }
            serve(connection)
        }
        state.update { $0.threads -= 1 }
    }

    private func takeTurn() -> Bool {
        let mayWait = state.withLock { state in
            guard state.followers < Self.mostFollowers || !state.hasLeader else { return false }
            state.followers += 1
            return true
        }
        guard mayWait else { return false }
        let role = state.wait(until: clocks.monotonicNanoseconds + Self.patience, tellsOthers: false) { state -> Role? in
            if state.isStopping { return .nothing }
            guard !state.hasLeader else { return nil }
            state.hasLeader = true
            return .leader
        }
        return state.withLock { state in
            state.followers -= 1
            // Whoever gave up the lead just now may have counted on this thread.
            guard role == nil, !state.hasLeader, !state.isStopping else { return role == .leader }
            state.hasLeader = true
            return true
        }
    }

    /// - Returns: nil when connections are no longer taken; this thread leads no more then.
    private func accept() -> UnixConnection? {
        while true {
            do throws(SystemError) {
                if let connection = try listener.accept(unless: stopping) { return connection }
                state.update { $0.hasLeader = false }
                return nil
            } catch {
                log(.error, "Clients have to wait: \(error)")
                // No descriptor is left: those that there are will be closed.
                _ = Cancellation.wait(forAnyOf: [stopping], atMost: 100_000_000)
            }
        }
    }
}
