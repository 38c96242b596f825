import TabardCore
import TabardSystem

/// One fetch on its way, which any number of callers wait for.
final class Flight: Sendable {
    /// The question that is being asked.
    let key: CacheKey
    /// When the fetch has to stop, on CLOCK_MONOTONIC in nanoseconds.
    let deadline: Int64
    /// Ahead of need: nobody has to wait, so nobody's giving up ends it.
    let isAhead: Bool
    /// Asked past the provider's own cache.
    let isFresh: Bool
    /// When it was asked, on CLOCK_MONOTONIC in nanoseconds.
    let startedAt: Int64
    /// How many fetches failed before this one, with nothing in between.
    let failuresInARow: Int
    /// Tells the fetch that nobody wants it any more.
    let cancellation = Cancellation()
    /// Ends every wait: cancelled when `outcome` is there.
    let over = Cancellation()

    private let result = Monitor<Result<Landing, Failure>?>(nil)

    /// What a fetch brought, and how far and how long it holds.
    struct Landing: Sendable {
        let reply: ProviderReply
        let scope: CacheScope
        /// On CLOCK_BOOTTIME, in nanoseconds.
        let until: Int64
    }

    init(key: CacheKey, startedAt: Int64, deadline: Int64, isAhead: Bool, isFresh: Bool, failuresInARow: Int) {
        self.key = key
        self.startedAt = startedAt
        self.deadline = deadline
        self.isAhead = isAhead
        self.isFresh = isFresh
        self.failuresInARow = failuresInARow
    }

    /// nil while the fetch runs.
    var outcome: Result<Landing, Failure>? { result.withLock { $0 } }

    /// Lets every waiter see how it ended.
    func end(with outcome: Result<Landing, Failure>) {
        result.withLock { $0 = outcome }
        over.cancel()
    }
}
