import TabardCache
import TabardCore

/// One machine of a fleet.
struct Node {
    /// The agent's decisions: the product's own.
    var table: SlotTable
    /// Pulls that wait for a flight of the agent.
    var waiting: [UInt64: [Pull]] = [:]
    /// Pulls that wait for a process that the kubelet started, by source and image.
    var processes: [[Int]: [Pull]] = [:]
    /// What the kubelet keeps, by source: a token, and until when.
    var kept: [(token: Int, until: Int64)?]
    /// The newest token that it got since it started, by source, and when it was last used.
    var newest: [(token: Int, usedAt: Int64)?]
    /// Questions on their way, by source.
    var atOnce: [Int]
    /// Counts restarts and handovers: what belongs to an earlier life is dropped.
    var lives = 0
    var bootedAt: Int64 = 0
    var slept: Int64 = 0
    var asleepUntil: Int64 = 0
    var clockOffset: Int64 = 0
    var isSteady = false
    var wakesAt = Int64.max
    /// Where its pulls come from: the same for every strategy.
    var pulls: RefreshJitter

    init(seed: UInt64, sources: Int) {
        table = SlotTable(limits: .standard, jitter: .seeded(seed))
        kept = Array(repeating: nil, count: sources)
        newest = Array(repeating: nil, count: sources)
        atOnce = Array(repeating: 0, count: sources)
        pulls = .seeded(seed ^ 0xABCD)
    }

    func isAsleep(_ now: Int64) -> Bool { now < asleepUntil }

    func moment(_ now: Int64) -> CacheMoment { CacheMoment(boot: now - bootedAt, monotonic: now - bootedAt - slept) }

    func wallClock(_ now: Int64) -> UTCTime { UTCTime(unixNanoseconds: now + (Fleet.epoch + clockOffset) * second) }

    mutating func restart(_ now: Int64, jitter: UInt64) {
        lives += 1
        bootedAt = now
        slept = 0
        newTable(jitter: jitter)
        processes = [:]
        kept = kept.map { _ in nil }
        newest = newest.map { _ in nil }
    }

    mutating func newTable(jitter: UInt64) {
        table = SlotTable(limits: .standard, jitter: .seeded(jitter))
        waiting = [:]
        atOnce = atOnce.map { _ in 0 }
        wakesAt = .max
    }
}
