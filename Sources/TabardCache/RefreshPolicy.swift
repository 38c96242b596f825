import TabardCore

/// When to ask again: the rules alone, on whatever clock.
struct RefreshPolicy: Sendable {
    var limits: CacheLimits
    var jitter: RefreshJitter

    /// How long a lifetime is left alone, in nanoseconds: it is refreshed somewhere in its third quarter.
    ///
    /// Early, so that hours of outage hurt nobody; spread wide, so that nodes that started together do not ask together; and before the
    /// reserve begins that what is handed out should have.
    mutating func refreshDelay(lifetime: Int64, reserve: Int64) -> Int64 {
        let latest = min(lifetime - lifetime / 4, lifetime - reserve - lifetime / 20)
        let earliest = min(lifetime / 2, latest - latest / 5)
        return max(0, earliest) + jitter.draw(upTo: latest - earliest)
    }

    /// How long a credential should live on when it is handed out: what is asked for, or half of what its source gives.
    func reserve(lifetime: Int64) -> Int64 { min(limits.handoutReserve.wholeNanoseconds, lifetime / 2) }

    /// How long to wait after a failure, in nanoseconds: at least the first delay, and drawn from a range that doubles ("full jitter").
    ///
    /// - Parameters:
    ///   - failuresInARow: This one counted.
    ///   - left: How long what is held lives on, or nil when nothing is: the longer, the longer the waits may become.
    mutating func retryDelay(after failure: Failure, failuresInARow: Int, left: Int64?) -> Int64 {
        let longest = limits.longestRetryDelay.wholeNanoseconds
        let ceiling = left.map { max(longest, min(limits.longestRefreshDelay.wholeNanoseconds, $0 / 6)) } ?? longest
        let first = max(limits.firstRetryDelay.wholeNanoseconds, (left ?? 0) / 64)
        let doubled = first.multipliedReportingOverflow(by: 1 << max(0, min(failuresInARow, 20)))
        let range = min(ceiling, doubled.overflow ? ceiling : doubled.partialValue)
        let drawn = min(first, range) + jitter.draw(upTo: range - min(first, range))
        guard let asked = failure.retryAfter?.wholeNanoseconds, asked > 0 else { return drawn }
        // Whoever was told the same comes back a little later each.
        let believed = min(asked, left.map { max(longest, $0 / 2) } ?? longest)
        return max(drawn, believed + jitter.draw(upTo: believed / 4))
    }
}
