/// How a child process ended, or why it was ended.
public enum ChildEnding: Sendable, Equatable {
    /// It called exit with this status.
    case exited(Int32)
    /// This signal, not ours, killed it.
    case signalled(Int32)
    /// The deadline passed; it was killed.
    case timedOut
    /// The caller gave up; it was killed.
    case cancelled
    /// It wrote more to standard output than the limit; it was killed.
    case outputTooLarge
    /// Its status went to somebody else: this process ignores SIGCHLD, or another part of it waits for all children.
    case unknown
}
