public import TabardSystem

/// Clocks that stand still until a test moves them.
public final class FakeClocks: Clocks {
    private struct State {
        var monotonic: Int64
        var boot: Int64
        var unix: Int64
    }
    private let state: Guarded<State>

    /// Starts at the given wall time; the other two start at one hour after boot.
    public init(unixNanoseconds: Int64 = 1_800_000_000_000_000_000) {
        state = Guarded(State(monotonic: 3_600_000_000_000, boot: 3_600_000_000_000, unix: unixNanoseconds))
    }

    /// Moves with `advance` only.
    public var monotonicNanoseconds: Int64 { state.withLock { $0.monotonic } }
    /// Moves with `advance` and `suspend`.
    public var bootNanoseconds: Int64 { state.withLock { $0.boot } }
    /// Moves with all three.
    public var unixNanoseconds: Int64 { state.withLock { $0.unix } }

    /// Time passes while the machine runs.
    public func advance(by duration: Duration) {
        let amount = Self.nanoseconds(duration)
        state.withLock {
            $0.monotonic += amount
            $0.boot += amount
            $0.unix += amount
        }
    }

    /// The machine sleeps: the monotonic clock stands still.
    public func suspend(for duration: Duration) {
        let amount = Self.nanoseconds(duration)
        state.withLock {
            $0.boot += amount
            $0.unix += amount
        }
    }

    /// An administrator or NTP sets the wall clock.
    public func stepWallClock(by duration: Duration) {
        let amount = Self.nanoseconds(duration)
        state.withLock { $0.unix += amount }
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
