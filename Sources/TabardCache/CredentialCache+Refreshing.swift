import TabardCore
import TabardSystem

extension CredentialCache {
    /// Asks again for every reply that was used since it arrived and whose time has come, and drops what has ended. What nobody has used is
    /// left to end by itself.
    ///
    /// - Parameter longest: The most that its caller will wait before the next time.
    /// - Returns: How long until there is something to do again, in nanoseconds, more than zero.
    func refreshDue(atMost longest: Int64 = .max) -> Int64 {
        change { _ in }
        let now = clocks.bootNanoseconds
        return state.update { state in
            let latest = now.addingSaturated(.nanoseconds(longest))
            state.nextLook = min(latest, state.isClosed ? .max : state.table.nextMoment ?? .max)
            return max(1, state.nextLook.subtractingSaturated(now))
        }
    }

    /// What it has done so far.
    public var counts: CacheCounts {
        state.read { state in
            var counts = state.table.counts
            for (_, slot) in state.table.all { counts.entries[slot.word, default: 0] += 1 }
            return counts
        }
    }

    /// Ends its scheduler; questions are answered as before.
    public func stopRefreshing() { changes.update { $0.isClosed = true } }

    /// Cancels every fetch and lets nobody in any more; what is held is dropped and overwritten.
    ///
    /// - Parameter deadline: How long to wait for the fetches, on CLOCK_MONOTONIC of the machine in nanoseconds.
    /// - Returns: Whether all have ended; those that have not are left behind.
    public func close(until deadline: Int64) -> Bool {
        let waiting = state.update { state in
            state.isClosed = true
            for flight in state.flights.values { flight.cancellation.cancel() }
            return state.flights.values.filter { state.table.flights[$0.plan.id]?.isRunning != true }
        }
        for flight in waiting {
            flight.end(
                with: .failure(
                    Failure(
                        .cancelled, attempting: "asking the provider", on: flight.plan.key.imageName, reason: "this host is being closed")))
        }
        stopRefreshing()
        let hasEnded = state.wait(until: deadline) { $0.flightCount == 0 ? true : nil } ?? false
        state.update { $0.table.removeAll() }
        return hasEnded
    }
}
