/// One question to a provider as a cache decided it: to whom, why, and by when.
package struct FlightPlan: Sendable {
    /// Why a provider is asked.
    package enum Reason: String, Sendable {
        /// Nothing valid is held, and a caller waits.
        case miss
        /// What is held will end, and there is still time.
        case early
        /// A registry refused what is held.
        case invalidated
    }

    /// Its number, never used twice by one cache.
    package let id: UInt64
    /// The question.
    package let key: CacheKey
    /// Why it is asked.
    package let reason: Reason
    /// When to stop, on CLOCK_MONOTONIC in nanoseconds.
    package let deadline: Int64
    /// Ahead of need: nobody has to wait, so nobody's giving up ends it.
    package let isAhead: Bool
    /// How many fetches failed before this one, with nothing in between.
    package let failuresInARow: Int
    /// How it is asked.
    package let fetch: CredentialCache.Fetch
    /// Where it is waited for.
    let place: SlotPlace

    /// Whether the provider must look past a cache of its own.
    package var isFresh: Bool { reason == .invalidated }
}
