import Glibc
import TabardSystem

/// Counts who is inside something that must not end under them, by thread, so that its end can wait for the others and refuse to wait for
/// itself.
final class CallGate: Sendable {
    private struct State {
        var depths: [UInt: Int] = [:]
        var isClosed = false
    }
    private let state = Monitor(State())

    /// Lets this thread in; false once the gate is closed. Each success is followed by one `leave`.
    func enter() -> Bool {
        let thread = Self.thread
        return state.withLock { state in
            guard !state.isClosed else { return false }
            state.depths[thread, default: 0] += 1
            return true
        }
    }

    /// Lets this thread out.
    func leave() {
        let thread = Self.thread
        let isWaitedFor = state.withLock { state in
            let depth = (state.depths[thread] ?? 1) - 1
            state.depths[thread] = depth > 0 ? depth : nil
            return state.isClosed
        }
        if isWaitedFor { state.update { _ in } }
    }

    /// Whether this thread is inside.
    var holdsThisThread: Bool { state.read { $0.depths[Self.thread] != nil } }

    /// Lets nobody in any more and waits until everybody is out. Not on a thread that is inside.
    ///
    /// - Returns: False when it was closed before.
    func close() -> Bool {
        let isFirst = state.update { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        _ = state.wait(until: nil) { $0.depths.isEmpty ? true : nil }
        return isFirst
    }

    private static var thread: UInt { UInt(pthread_self()) }
}
