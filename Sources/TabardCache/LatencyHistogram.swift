/// How long things took, in buckets whose bounds never change.
public struct LatencyHistogram: Sendable, Hashable {
    /// The upper bounds in milliseconds: those of the kubelet's own histogram of exec plugins, and on to its limit of a minute.
    public static let boundsInMilliseconds: [Int64] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000]

    /// How many fell into each bucket and none before; one more than there are bounds, for what took longer.
    public private(set) var counts = [UInt64](repeating: 0, count: boundsInMilliseconds.count + 1)
    /// All of them together, in nanoseconds.
    public private(set) var sumNanoseconds: UInt64 = 0

    /// Makes an empty one.
    public init() {}

    /// How many there were.
    public var count: UInt64 { counts.reduce(0, +) }

    /// Counts one.
    public mutating func add(nanoseconds: Int64) {
        let time = max(0, nanoseconds)
        let bucket = Self.boundsInMilliseconds.firstIndex { time <= $0 * 1_000_000 } ?? Self.boundsInMilliseconds.count
        counts[bucket] += 1
        sumNanoseconds &+= UInt64(time)
    }

    /// Counts all of another one.
    public mutating func add(_ other: LatencyHistogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        sumNanoseconds &+= other.sumNanoseconds
    }
}
