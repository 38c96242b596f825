/// The three clocks that the program reads, as one parameter, so that tests own time.
public protocol Clocks: Sendable {
    /// For deadlines and waiting: does not jump, stands still during suspend (CLOCK_MONOTONIC).
    var monotonicNanoseconds: Int64 { get }
    /// For lifetimes: does not jump, counts suspend (CLOCK_BOOTTIME).
    var bootNanoseconds: Int64 { get }
    /// UTC since 1970, which an administrator may step (CLOCK_REALTIME).
    var unixNanoseconds: Int64 { get }
}
