import Glibc

extension Cancellation {
    /// Waits until one of `wishes` is cancelled.
    ///
    /// - Parameter nanoseconds: How long at most; `Int64.max` waits for ever.
    /// - Returns: Whether one is; false when the time passed first.
    public static func wait(forAnyOf wishes: [Cancellation], atMost nanoseconds: Int64) -> Bool {
        var watched = wishes.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        // One without a descriptor can only be looked at now and then.
        let longest: Int64 = wishes.contains { $0.descriptor < 0 } ? 10_000_000 : .max
        let clocks = SystemClocks()
        let (sum, overflow) = clocks.monotonicNanoseconds.addingReportingOverflow(nanoseconds)
        let end = overflow ? Int64.max : sum
        while true {
            if wishes.contains(where: \.isCancelled) { return true }
            let left = end == .max ? Int64.max : end - clocks.monotonicNanoseconds
            if left <= 0 { return false }
            let slice = min(left, longest)
            // Rounded up, so that the last wait does not end a moment too early only to be repeated.
            let milliseconds = slice == .max ? -1 : Int32(clamping: slice / 1_000_000 + (slice % 1_000_000 > 0 ? 1 : 0))
            poll(&watched, nfds_t(watched.count), milliseconds)
        }
    }
}
