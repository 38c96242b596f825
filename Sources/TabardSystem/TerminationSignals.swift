import CTabardSystem
import Glibc

/// SIGINT, SIGTERM and SIGHUP as calls to a closure, on a thread of their own instead of in a signal handler.
public enum TerminationSignals {
    /// Blocks the signals in this thread, and so in all that it starts later, and waits for them on another. Signals that this process
    /// was started to ignore, as nohup does, stay ignored: waiting for them would bring them back.
    ///
    /// Call it once, before other threads exist. A later signal, while the first is being handled, ends the process at once; one that comes
    /// with the first does not, for timeout(1) and others signal a process and its group.
    /// - Parameter handle: Called with the signal's number.
    public static func handle(_ handle: @escaping @Sendable (Int32) -> Void) throws(SystemError) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in awaited { sigaddset(&signals, signal) }
        let number = pthread_sigmask(SIG_BLOCK, &signals, nil)
        guard number == 0 else { throw SystemError("pthread_sigmask", number: number) }
        let blocked = signals
        try WorkerThread(detached: true) {
            var blocked = blocked
            var signal: Int32 = 0
            guard sigwait(&blocked, &signal) == 0 else { return }
            let clocks = SystemClocks()
            let first = clocks.monotonicNanoseconds
            handle(signal)
            repeat {
                guard sigwait(&blocked, &signal) == 0 else { return }
            } while !isImpatience(clocks.monotonicNanoseconds, after: first)
            _exit(128 + signal)
        }
    }

    /// Whether a signal is one of its own and not the first one again; in nanoseconds on one clock.
    static func isImpatience(_ time: Int64, after first: Int64) -> Bool { time - first >= 250_000_000 }

    /// The signals that end this process.
    static var awaited: [Int32] { [SIGINT, SIGTERM, SIGHUP].filter { tabard_signal_is_ignored($0) == 0 } }

    /// A broken pipe, or a file over the limit of its size, becomes an error of the write instead of the end of the process.
    public static func leaveWriteErrorsToTheWriter() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }
}
