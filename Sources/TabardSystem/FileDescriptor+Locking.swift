import Glibc

/// Locks that others give back.
extension FileDescriptor {
    /// Takes the lock of the file or directory (flock(2)), waiting for whoever has it; he loses it with his descriptor at the latest.
    ///
    /// - Parameters:
    ///   - isShared: Whether others may have it at the same time, if they share it too.
    ///   - deadline: When to give up (ETIMEDOUT), on CLOCK_MONOTONIC in nanoseconds. A cancellation is ECANCELED.
    public func lock(shared isShared: Bool = false, until deadline: Int64, cancellation: Cancellation?) throws(SystemError) {
        // flock(2) has no deadline, so it is asked again and again; the other holder's work is short or worth waiting for.
        let clocks = SystemClocks()
        while try !tryLock(shared: isShared) {
            let now = clocks.monotonicNanoseconds
            if cancellation?.isCancelled == true { throw SystemError("flock", number: ECANCELED) }
            guard now < deadline else { throw SystemError("flock", number: ETIMEDOUT) }
            _ = try Poll.waitReadable([cancellation?.descriptor ?? -1], until: min(deadline, now + 20_000_000))
        }
    }
}
