package import TabardSystem

/// One moment on the two clocks that a cache lives by, in nanoseconds.
package struct CacheMoment: Sendable {
    /// CLOCK_BOOTTIME, on which lifetimes count: it goes on while the machine sleeps.
    package var boot: Int64
    /// CLOCK_MONOTONIC, on which deadlines count.
    package var monotonic: Int64

    /// Makes a moment.
    package init(boot: Int64, monotonic: Int64) {
        self.boot = boot
        self.monotonic = monotonic
    }

    /// Now.
    package init(_ clocks: any Clocks) { self.init(boot: clocks.bootNanoseconds, monotonic: clocks.monotonicNanoseconds) }
}
