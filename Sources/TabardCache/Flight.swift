package import TabardCore
import TabardSystem

/// One fetch that threads wait for: the part of it that a plan does not have.
package final class Flight: Sendable {
    /// When the fetch has to stop, on CLOCK_MONOTONIC in nanoseconds.
    let plan: FlightPlan
    /// Tells the fetch that nobody wants it any more.
    let cancellation = Cancellation()
    /// Ends every wait: cancelled when `outcome` is there.
    let over = Cancellation()

    private let result = Monitor<Result<Landing, Failure>?>(nil)

    /// What a fetch brought, and how far and how long it holds; times on CLOCK_BOOTTIME in nanoseconds.
    package struct Landing: Sendable {
        package let reply: ProviderReply
        package let scope: CacheScope
        /// Never served at or after this.
        package let until: Int64
        /// From then on it has less life left than what is handed out should.
        package let handoutUntil: Int64

        /// The reply with the time for which whoever gets it may hand it on: not so long that nothing of its life is left then.
        package func presented(at now: Int64) -> ProviderReply {
            var reply = reply
            let left = max(0, until.subtractingSaturated(now))
            reply.duration = .nanoseconds(now < handoutUntil ? min(left, handoutUntil.subtractingSaturated(now)) : left / 2)
            return reply
        }
    }

    init(_ plan: FlightPlan) { self.plan = plan }

    /// nil while the fetch runs.
    var outcome: Result<Landing, Failure>? { result.withLock { $0 } }

    /// Lets every waiter see how it ended.
    func end(with outcome: Result<Landing, Failure>) {
        result.withLock { $0 = outcome }
        over.cancel()
    }
}
