public import TabardSystem

/// What a fetch has to keep to. Its caller may be gone before it ends; its answer is kept for the next one all the same.
public struct FetchCall: Sendable {
    /// When to stop, on CLOCK_MONOTONIC in nanoseconds.
    public let deadline: Int64
    /// Cancelled when every caller that waited for this fetch has given up.
    public let cancellation: Cancellation
    /// Whether the provider must look past a cache of its own, because a registry refused what it gave last.
    public let isFresh: Bool
}
