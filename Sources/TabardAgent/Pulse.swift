import TabardAgentProtocol
import TabardSystem

/// One thread that acknowledges the questions that take a while, and says again and again that they are being worked on.
///
/// It ticks while there are questions, and a moment longer, so that the next one does not have to wake it; then it sleeps.
final class Pulse: Sendable {
    private struct State {
        var conversations: [UInt64: Conversation] = [:]
        var isTicking = false
        var isOver = false
    }

    private let state = Monitor(State())
    private let clocks = SystemClocks()
    private static let tick: Int64 = 20_000_000
    private static let ticksUntilSleep = 50

    /// Starts the thread.
    init() throws(SystemError) {
        try WorkerThread(stackSize: 256 * 1024, detached: true) { [self] in run() }
    }

    /// Watches over a question from now on.
    func add(_ conversation: Conversation) {
        let isAwake = state.withLock { state in
            state.conversations[conversation.number] = conversation
            return state.isTicking
        }
        if !isAwake { state.update { $0.isTicking = true } }
    }

    /// The question has been answered.
    func remove(_ conversation: Conversation) { state.withLock { $0.conversations[conversation.number] = nil } }

    /// The questions that are being worked on.
    var conversations: [Conversation] { state.read { Array($0.conversations.values) } }

    /// Waits until none of those is left.
    ///
    /// - Returns: False when the deadline came first.
    @discardableResult
    func waitForEnd(of isMeant: (Conversation) -> Bool, until deadline: Int64) -> Bool {
        while true {
            if !conversations.contains(where: isMeant) { return true }
            if clocks.monotonicNanoseconds >= deadline { return false }
            // Their end wakes nobody: it is on the way of every answer.
            _ = state.wait(until: min(deadline, clocks.monotonicNanoseconds + Self.tick)) { _ -> Bool? in nil }
        }
    }

    /// Ends the thread.
    func stop() { state.update { $0.isOver = true } }

    private func run() {
        var quietTicks = 0
        while true {
            let deadline = quietTicks > Self.ticksUntilSleep ? nil : clocks.monotonicNanoseconds + Self.tick
            if deadline == nil { state.withLock { if $0.conversations.isEmpty { $0.isTicking = false } } }
            let isOver = state.wait(until: deadline) { state -> Bool? in
                state.isOver ? true : deadline == nil && state.isTicking ? false : nil
            }
            if isOver == true { return }
            let now = clocks.monotonicNanoseconds
            let conversations = conversations
            quietTicks = conversations.isEmpty && deadline != nil ? quietTicks + 1 : 0
            for conversation in conversations { conversation.sign(now: now) }
        }
    }
}
