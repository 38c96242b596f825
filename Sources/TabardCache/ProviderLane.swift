import TabardCore

/// How much one provider is asked at once and in a row. Waiting callers go first; what is ahead of need takes what they leave.
///
/// All times are on CLOCK_BOOTTIME, in nanoseconds.
struct ProviderLane {
    /// Fetches on their way.
    private(set) var running = 0
    /// Flights that callers wait for, in the order they came; begun ones in front of `head` are gone.
    private var queue: [UInt64] = []
    private var head = 0
    /// Slots whose refresh is due, by when they end.
    var backlog = MomentHeap()
    /// Until then nothing is asked ahead of need, because the other side said so.
    var pausedUntil = Int64.min
    /// The generic cell rate algorithm's one number: when the next question would be due at an even rate (ITU-T I.371).
    private var evenTime = Int64.min

    /// Flights that wait for their turn.
    var isQueueEmpty: Bool { head == queue.count }
    /// Whether anything here waits for a turn.
    var isIdle: Bool { isQueueEmpty && backlog.isEmpty }

    mutating func enqueue(_ flight: UInt64) { queue.append(flight) }

    /// The flight whose turn is next.
    var firstQueued: UInt64? { isQueueEmpty ? nil : queue[head] }

    /// Takes `firstQueued` out.
    mutating func popQueued() {
        head += 1
        if head > 64, head * 2 > queue.count {
            queue.removeFirst(head)
            head = 0
        }
    }

    /// Whether a flight that a caller waits for may begin now.
    func canBegin(now: Int64, _ limits: CacheLimits) -> Bool {
        running < limits.fetchesAtOnce && now >= opening(limits, burst: limits.fetchBurst)
    }

    /// The next slot to refresh, when that may begin now. It stays in the backlog.
    func nextDue(now: Int64, _ limits: CacheLimits) -> Int? {
        guard isQueueEmpty, let first = backlog.first, running < Self.atOnceAhead(limits), now >= openingAhead(limits) else { return nil }
        return first.id
    }

    /// One question begins.
    mutating func begin(now: Int64, _ limits: CacheLimits) {
        running += 1
        evenTime = max(evenTime, now).addingSaturated(.nanoseconds(interval(limits)))
    }

    /// One question has ended.
    mutating func end() { running -= 1 }

    /// When to look again for what waits here; nil when the end of a fetch, or nothing, is what it waits for.
    func nextOpening(_ limits: CacheLimits) -> Int64? {
        if !isQueueEmpty { return running < limits.fetchesAtOnce ? opening(limits, burst: limits.fetchBurst) : nil }
        guard !backlog.isEmpty, running < Self.atOnceAhead(limits) else { return nil }
        return openingAhead(limits)
    }

    /// Half of everything is kept for callers that wait.
    private static func atOnceAhead(_ limits: CacheLimits) -> Int { max(1, limits.fetchesAtOnce / 2) }
    private func openingAhead(_ limits: CacheLimits) -> Int64 { max(pausedUntil, opening(limits, burst: max(1, limits.fetchBurst / 2))) }
    private func interval(_ limits: CacheLimits) -> Int64 { 1_000_000_000 / Int64(max(1, limits.fetchesPerSecond)) }
    private func opening(_ limits: CacheLimits, burst: Int) -> Int64 {
        evenTime == .min ? .min : evenTime - Int64(burst - 1) * interval(limits)
    }
}
