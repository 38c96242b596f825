/// Why something that may wait did not happen.
public enum WaitError: Error, Sendable, Equatable {
    /// The deadline came first.
    case timedOut
    /// Nobody wants it any more.
    case cancelled
    /// The system said no.
    case failed(SystemError)
}
