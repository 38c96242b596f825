import TabardSystem

/// State that the threads of a test share, behind a mutex that the thread sanitizer knows: how `Synchronization.Mutex` waits is hidden from it,
/// and it reports races that are none.
public final class Guarded<State>: Sendable {
    private let monitor: Monitor<State>

    /// Guards `initial`.
    public init(_ initial: sending State) { monitor = Monitor(initial) }

    /// Runs `body` alone on the state.
    public func withLock<Result, Problem: Error>(_ body: (inout State) throws(Problem) -> Result) throws(Problem) -> Result {
        try monitor.withLock(body)
    }
}
