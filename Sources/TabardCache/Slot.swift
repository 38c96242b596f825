import TabardCore

/// The state of one place in the cache. All times are on CLOCK_BOOTTIME, in nanoseconds.
///
/// A place that is not in the table is empty.
indirect enum Slot {
    /// One fetch is on its way and everybody else waits for it; what was there before is served meanwhile unless it was refused.
    case filling(UInt64, previous: Held?)
    /// A reply in its prime.
    case fresh(Held)
    /// A refresh failed; the reply is still valid, still served.
    case stale(Held, retryAt: Int64)
    /// Nothing valid is left; asked again at `retryAt`.
    case failed(Failure, retryAt: Int64, failuresInARow: Int)

    /// A reply as it lies here.
    struct Held {
        var reply: ProviderReply
        /// Never served at or after this.
        var until: Int64
        /// From then on somebody should ask again.
        var refreshAt: Int64
        /// When its source stops honouring it, or nil when nobody knows.
        var goodUntil: Int64?
        /// From then on it has less life left than what is handed out should; never, when nobody knows.
        var handoutUntil = Int64.max
        /// Its source gave the same end twice: there is nothing better to wait for.
        var isBest = false
        /// When it was fetched past the provider's own cache because a registry had refused its forerunner, or nil.
        var refetchedAt: Int64?
        /// A registry refused one of its entries: the next caller waits for a new reply, and takes this one only if there is none.
        var wasRefused = false
        /// That entry, so that it is known when it comes again.
        var refused: AuthEntry?
        /// When somebody was served with it or its forerunner last, to an eighth of its life; nil for never.
        var usedAt: Int64?
        /// How long it was to be kept when it arrived.
        var lifetime: Int64
        /// The last question that it answers, and how that is asked again.
        var key: CacheKey
        /// nil when it came from another process and nobody has asked for it here.
        var fetch: CredentialCache.Fetch?
        /// How many refreshes failed since it arrived.
        var failuresInARow = 0
        /// Why the last of them did.
        var lastFailure: Failure?
    }

    /// The reply, whatever happens to it at the moment.
    var held: Held? {
        switch self {
        case .filling(_, let previous): previous
        case .fresh(let held), .stale(let held, _): held
        case .failed: nil
        }
    }

    /// What a snapshot calls it.
    var word: CacheEntryState.Word {
        switch self {
        case .filling(_, let previous): previous.map { $0.lastFailure == nil ? .fresh : .stale } ?? .filling
        case .fresh: .fresh
        case .stale: .stale
        case .failed: .failed
        }
    }

    /// When the reply or failure in it ends; a flight has no end.
    var until: Int64 {
        switch self {
        case .filling(_, let previous): previous?.until ?? .max
        case .fresh(let held), .stale(let held, _): held.until
        case .failed(_, let retryAt, _): retryAt
        }
    }

    /// What is left of it when its reply or failure has ended: the flight.
    var ended: Slot? { if case .filling(let flight, _) = self { .filling(flight, previous: nil) } else { nil } }

    /// When to ask again although nobody waits; nil when that is not wanted: for what nobody used for as long as it lives, for what a
    /// registry refused, for what ends before, and while somebody asks.
    var wakeAt: Int64? {
        let held: Held
        let moment: Int64
        switch self {
        case .fresh(let reply): (held, moment) = (reply, reply.refreshAt)
        case .stale(let reply, let retryAt): (held, moment) = (reply, retryAt)
        case .filling, .failed: return nil
        }
        guard let usedAt = held.usedAt, moment - usedAt <= held.lifetime, held.fetch != nil, !held.wasRefused else { return nil }
        return moment < held.until ? moment : nil
    }
}
