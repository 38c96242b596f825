/// The numbers by which a cache judges what providers say, and how much it asks them.
public struct CacheLimits: Sendable {
    /// How long a reply is kept whose provider named no time at all.
    public var defaultLifetime: Duration = .seconds(5 * 60)
    /// The longest that any reply is kept, whatever its provider says.
    public var longestLifetime: Duration = .seconds(24 * 3600)
    /// A shorter lifetime than this, but not zero, is a slip in the unit (`21.6µs` for hours) and counts as not given.
    public var shortestBelievedLifetime: Duration = .seconds(1)
    /// The longest that "no credentials" is kept.
    public var longestEmptyLifetime: Duration = .seconds(5 * 60)
    /// How much longer than the moment it is handed out a credential should live, when its source gives such: a large image takes that long.
    public var handoutReserve: Duration = .seconds(15 * 60)
    /// How long a caller waits for a better credential than the valid one at hand, whose reserve has begun.
    public var refreshPatience: Duration = .seconds(5)
    /// How long one fetch may take when no caller has a deadline, and when it runs ahead of need.
    public var fetchTime: Duration = .seconds(60)
    /// The least wait after a failure, and half of the first range; doubled with each failure in a row. More while what is held lives on.
    public var firstRetryDelay: Duration = .seconds(1)
    /// The longest that a failure is answered from memory, also when the other side asked for more.
    public var longestRetryDelay: Duration = .seconds(60)
    /// The longest wait between two refreshes that fail while what is held lives on for hours.
    public var longestRefreshDelay: Duration = .seconds(30 * 60)
    /// An entry that was fetched because a registry refused its forerunner is not fetched again for this long.
    public var refetchSpacing: Duration = .seconds(60)
    /// How many questions one provider is asked at the same time; refreshes ahead of need take half of them at most.
    public var fetchesAtOnce = 32
    /// How many questions a second one provider is asked at an even rate, and …
    public var fetchesPerSecond = 20
    /// … how many at once after a pause. Amazon allows this much to all nodes of an account together.
    public var fetchBurst = 200
    /// How many replies and failures are held; what expires first goes first.
    public var slotCount = 1024

    /// The numbers that a node uses.
    public static let standard = CacheLimits()

    /// Makes the standard numbers, to be changed one by one.
    public init() {}
}
