public import TabardCore

/// How often and how long something that may recover is tried again within one call.
///
/// Delays grow exponentially and are drawn from zero to the current ceiling ("full jitter"), so that the nodes of a cluster that failed
/// together do not return together. A `Retry-After` of the other side is honoured. No delay reaches past the call's deadline: the failure
/// is then thrown as it is, so that the host knows the reason and may wait longer than the call could.
public struct RetryBudget: Sendable {
    /// How many attempts there are in all.
    public var attempts: Int
    /// The ceiling of the first delay; it doubles with each attempt.
    public var base: Duration
    /// The ceiling of every delay.
    public var cap: Duration
    /// Draws a number from 0 to 1; tests pass a constant.
    public var random: @Sendable () -> Double

    /// Makes a budget.
    public init(
        attempts: Int = 4, base: Duration = .milliseconds(200), cap: Duration = .seconds(5),
        random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) {
        self.attempts = attempts
        self.base = base
        self.cap = cap
        self.random = random
    }

    /// The delay after the attempt of that number, counted from 0, when the other side asked for `retryAfter`.
    public func delay(after attempt: Int, retryAfter: Duration?) -> Duration {
        var ceiling = base
        for _ in 0..<max(0, attempt) where ceiling < cap { ceiling *= 2 }
        let jittered = min(ceiling, cap) * min(1, max(0, random()))
        return max(jittered, retryAfter ?? .zero)
    }

    /// Runs `attempt` until it succeeds, fails in a way that waiting does not mend, or the budget or the call's time is used up.
    ///
    /// - Parameter attempt: Gets the number of the attempt, counted from 0.
    /// - Throws: The last failure, or `.cancelled` when the call ended while waiting.
    public func run<Result>(_ call: PluginCall, _ attempt: (Int) throws(Failure) -> Result) throws(Failure) -> Result {
        var number = 0
        while true {
            do {
                return try attempt(number)
            } catch {
                number += 1
                guard error.isTransient, number < attempts, !call.isCancelled else { throw error }
                let wait = delay(after: number - 1, retryAfter: error.retryAfter)
                if let remaining = call.remaining, wait >= remaining { throw error }
                call.log(.info(4), "attempt \(number) of \(attempts) failed, next in \(GoDuration.format(wait)): \(error)")
                try call.sleep(until: call.now.addingSaturated(wait))
            }
        }
    }
}
