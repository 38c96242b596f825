import Glibc

/// Waiting for descriptors, with a deadline.
public enum Poll {
    /// Waits until one of `descriptors` is readable (or has hung up), or the deadline passes.
    ///
    /// - Parameters:
    ///   - descriptors: At most eight; a negative one is never ready.
    ///   - deadline: On CLOCK_MONOTONIC in nanoseconds; `Int64.max` waits for ever.
    /// - Returns: Whether one is ready. False when the deadline came first.
    public static func waitReadable(_ descriptors: [Int32], until deadline: Int64) throws(SystemError) -> Bool {
        var entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        return try wait(&entries, until: deadline)
    }

    /// Waits until one of `entries` has an event, and says which in each; false when the deadline came first.
    static func wait(_ entries: inout [pollfd], until deadline: Int64) throws(SystemError) -> Bool {
        while true {
            var milliseconds: Int32 = -1
            if deadline != .max {
                let left = max(0, deadline - SystemClocks().monotonicNanoseconds)
                milliseconds = Int32(min((left + 999_999) / 1_000_000, 3_600_000))
            }
            let count = poll(&entries, nfds_t(entries.count), milliseconds)
            if count > 0 { return true }
            if count < 0, errno != EINTR { throw SystemError("poll") }
            if deadline != .max, SystemClocks().monotonicNanoseconds >= deadline { return false }
        }
    }
}
