import TabardCore

/// How long one reply holds, judged at its arrival; nanoseconds from then on.
struct ReplyLifetime: Equatable {
    /// Zero: for those who waited for it, and not to be kept.
    var kept: Int64
    /// When its source stops honouring it, or nil when nobody knows.
    var good: Int64?
    /// When to ask again, ahead of need.
    var refresh: Int64
    /// The last moment from which it lives on for as long as what is handed out should; nil where nobody knows when it ends.
    var handout: Int64?
    /// What was odd about what the provider said.
    var complaint: String?

    /// The earliest time that a clock can show which was ever set: 2026-01-01.
    private static let earliestTime: Int64 = 1_767_225_600_000_000_000

    /// - Parameter now: The wall clock at arrival. An absolute expiry is used here once, and never again: later steps of that clock change
    ///   nothing.
    init(of reply: ProviderReply, arrivedAt now: UTCTime, policy: inout RefreshPolicy) {
        let limits = policy.limits
        let longest = limits.longestLifetime.wholeNanoseconds
        var complaint: String?
        var kept: Int64?
        if let duration = reply.duration {
            let asked = duration.wholeNanoseconds
            if asked < 0 {
                complaint = "asked for a negative lifetime (\(GoDuration.format(duration))): its answer is used once and not kept"
                kept = 0
            } else if asked > 0, duration < limits.shortestBelievedLifetime {
                complaint = "asked for a lifetime of \(GoDuration.format(duration)), which looks like a wrong unit: ignored"
            } else {
                kept = asked
            }
        }
        if let expires = reply.expires, kept != 0 {
            let left = expires.unixNanoseconds.subtractingSaturated(now.unixNanoseconds)
            if left <= 0 {
                complaint = "gave credentials that this machine's clock says have expired: used once and not kept; check the clock"
                kept = 0
            } else if left > longest, now.unixNanoseconds < Self.earliestTime {
                // Who knows the other side's date gives a time that is near on this clock, however wrong that is.
                complaint = "gave an expiry that this machine's clock, which was never set, says nothing about: kept for a moment only"
                kept = min(kept ?? .max, limits.defaultLifetime.wholeNanoseconds)
            } else {
                good = left
                // What is handed out last must live long enough to be presented.
                let safe = left - min(30_000_000_000, left / 10)
                kept = min(kept ?? safe, safe)
            }
        }
        var result = kept ?? limits.defaultLifetime.wholeNanoseconds
        if result > longest {
            if reply.duration.map({ $0 > limits.longestLifetime }) ?? false {
                complaint = "asked for a lifetime of more than \(GoDuration.format(limits.longestLifetime)): kept that long and no longer"
            }
            result = longest
        }
        if reply.entries.isEmpty { result = min(result, limits.longestEmptyLifetime.wholeNanoseconds) }
        self.kept = result
        self.complaint = complaint
        let reserve = good.map { policy.reserve(lifetime: $0) } ?? 0
        handout = good.map { $0 - reserve }
        // As far as the end of what is kept eats into it.
        refresh = policy.refreshDelay(lifetime: result, reserve: max(0, reserve - ((good ?? result) - result)))
        if let wanted = reply.refresh {
            let left = wanted.unixNanoseconds.subtractingSaturated(now.unixNanoseconds)
            // A moment in the past would mean asking with every question.
            refresh = left > 0 ? min(left, result) : result / 2
        }
    }
}
