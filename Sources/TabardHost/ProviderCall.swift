public import TabardSystem

/// The limits of one question to a provider.
public struct ProviderCall: Sendable {
    /// When to stop, on CLOCK_MONOTONIC in nanoseconds; `Int64.max` for never.
    public let deadline: Int64
    /// Cancelled when nobody wants the answer any more.
    public let cancellation: Cancellation
    /// Whether the process ends after this question.
    public let isOneShot: Bool

    /// Makes the limits.
    public init(deadline: Int64, cancellation: Cancellation, isOneShot: Bool) {
        self.deadline = deadline
        self.cancellation = cancellation
        self.isOneShot = isOneShot
    }
}
