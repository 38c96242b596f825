import Glibc

/// The signals that a service lives with (SIGHUP, SIGINT, SIGTERM) as calls to a closure, one after the other, on a thread of their own.
///
/// Unlike `TerminationSignals`, which is for commands, it goes on after the first one.
public struct SignalWatch: Sendable {
    private let signals: [Int32]

    /// Blocks the signals in this thread, and so in all that it starts later: call it before other threads exist. Those that this process was
    /// started to ignore stay ignored.
    public init() throws(SystemError) {
        signals = TerminationSignals.awaited
        var set = Self.set(signals)
        let number = pthread_sigmask(SIG_BLOCK, &set, nil)
        guard number == 0 else { throw SystemError("pthread_sigmask", number: number) }
    }

    /// Starts the thread.
    ///
    /// - Parameter handle: Called with the signal's number.
    public func listen(_ handle: @escaping @Sendable (Int32) -> Void) throws(SystemError) {
        let signals = signals
        try WorkerThread(stackSize: 256 * 1024, detached: true) {
            var set = Self.set(signals)
            while true {
                var signal: Int32 = 0
                guard sigwait(&set, &signal) == 0 else { return }
                handle(signal)
            }
        }
    }

    private static func set(_ signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        return set
    }
}
