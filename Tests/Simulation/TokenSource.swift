/// A cloud's service that issues tokens, with its quota and its bad hours.
public struct TokenSource: Sendable {
    /// How long its tokens are good, in seconds.
    public var lifetime: Int64
    /// Requests a second at an even rate; zero: as many as anybody likes.
    public var perSecond: Int64 = 0
    /// Requests at once after a pause.
    public var burst: Int64 = 0
    /// When it cannot be reached, in seconds.
    public var outages: [Range<Int64>] = []
    /// When it answers that many requests a second only.
    public var brownouts: [(times: Range<Int64>, perSecond: Int64)] = []
    /// When every token issued before dies.
    public var revocations: [Int64] = []
    /// How long the cloud's own exec plugin tells the kubelet to keep a token: nil for half of what is left.
    public var kubeletKeeps: Int64?

    /// A source whose tokens are good that many seconds.
    public init(lifetime: Int64) { self.lifetime = lifetime }

    func isDown(_ now: Int64) -> Bool { outages.contains { $0.contains(now / second) } }

    /// Whether it could be reached for a minute on end in that time.
    func wasReachable(from start: Int64, to end: Int64) -> Bool {
        var free = start
        for outage in outages.sorted(by: { $0.lowerBound < $1.lowerBound }) where outage.upperBound * second > free {
            if min(end, outage.lowerBound * second) - free >= 60 * second { return true }
            free = outage.upperBound * second
            if free >= end { return false }
        }
        return end - free >= 60 * second
    }

    func isRevoked(issuedAt: Int64, now: Int64) -> Bool { revocations.contains { issuedAt < $0 * second && $0 * second <= now } }
}

let second: Int64 = 1_000_000_000

/// The part of a source that changes: its bucket of requests, and how many came.
struct TokenService {
    enum Answer { case token, throttled, down }

    let source: TokenSource
    private var level: Double
    private var filledAt: Int64 = 0
    /// Requests in each second, refused ones too.
    private(set) var series: [UInt32]
    private(set) var throttled = 0

    init(_ source: TokenSource, seconds: Int64) {
        self.source = source
        level = Double(source.burst)
        series = Array(repeating: 0, count: Int(seconds) + 3600)
    }

    mutating func request(_ now: Int64) -> Answer {
        series[min(series.count - 1, Int(now / second))] += 1
        if source.isDown(now) { return .down }
        let slow = source.brownouts.first { $0.times.contains(now / second) }?.perSecond
        guard let rate = slow ?? (source.perSecond > 0 ? source.perSecond : nil) else { return .token }
        let most = slow.map { Double($0) } ?? Double(source.burst)
        level = min(most, level + Double(now - filledAt) / Double(second) * Double(rate))
        filledAt = now
        guard level >= 1 else {
            throttled += 1
            return .throttled
        }
        level -= 1
        return .token
    }
}
