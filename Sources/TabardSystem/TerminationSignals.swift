import CTabardSystem
import Glibc

/// SIGINT, SIGTERM and SIGHUP as calls to a closure, on a thread of their own instead of in a signal handler.
public enum TerminationSignals {
    /// Blocks the signals in this thread, and so in all that it starts later, and waits for them on another. Signals that this process
    /// was started to ignore, as nohup does, stay ignored: waiting for them would bring them back.
    ///
    /// Call it once, before other threads exist. A second signal while the first is being handled ends the process at once.
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
            handle(signal)
            guard sigwait(&blocked, &signal) == 0 else { return }
            _exit(128 + signal)
        }
    }

    /// The signals that end this process.
    static var awaited: [Int32] { [SIGINT, SIGTERM, SIGHUP].filter { tabard_signal_is_ignored($0) == 0 } }

    /// A broken pipe, or a file over the limit of its size, becomes an error of the write instead of the end of the process.
    public static func leaveWriteErrorsToTheWriter() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }
}
