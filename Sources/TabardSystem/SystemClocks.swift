import Glibc

/// The machine's own clocks.
public struct SystemClocks: Clocks {
    /// Makes the clocks; they have no state.
    public init() {}

    /// CLOCK_MONOTONIC.
    public var monotonicNanoseconds: Int64 { read(CLOCK_MONOTONIC) }
    /// CLOCK_BOOTTIME.
    public var bootNanoseconds: Int64 { read(CLOCK_BOOTTIME) }
    /// CLOCK_REALTIME.
    public var unixNanoseconds: Int64 { read(CLOCK_REALTIME) }

    private func read(_ clock: Int32) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
