import TabardCore

/// How long one reply holds, judged at its arrival; nanoseconds from then on.
struct ReplyLifetime: Equatable {
    /// Zero: for those who waited for it, and not to be kept.
    var kept: Int64
    /// When to ask again, ahead of need.
    var refresh: Int64
    /// What was odd about what the provider said.
    var complaint: String?

    /// - Parameters:
    ///   - now: The wall clock at arrival. An absolute expiry is used here once, and never again: later steps of that clock change nothing.
    ///   - jitter: Gives a number between zero and its argument, so that nodes that started together do not refresh together.
    init(of reply: ProviderReply, arrivedAt now: UTCTime, limits: CacheLimits, jitter: (Int64) -> Int64) {
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
            } else {
                // What is handed out last must live long enough to be presented.
                let safe = left - min(30_000_000_000, left / 10)
                kept = min(kept ?? safe, safe)
            }
        }
        var result = kept ?? limits.defaultLifetime.wholeNanoseconds
        let longest = limits.longestLifetime.wholeNanoseconds
        if result > longest {
            if reply.duration.map({ $0 > limits.longestLifetime }) ?? false {
                complaint = "asked for a lifetime of more than \(GoDuration.format(limits.longestLifetime)): kept that long and no longer"
            }
            result = longest
        }
        if reply.entries.isEmpty { result = min(result, limits.longestEmptyLifetime.wholeNanoseconds) }
        self.kept = result
        self.complaint = complaint
        // The last fifth, begun somewhere in its first half.
        refresh = result - result / 5 + jitter(result / 10)
        if let wanted = reply.refresh {
            let left = wanted.unixNanoseconds.subtractingSaturated(now.unixNanoseconds)
            // A moment in the past would mean asking with every question.
            refresh = left > 0 ? min(left, result) : result / 2
        }
    }
}
