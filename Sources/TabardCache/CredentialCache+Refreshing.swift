import TabardCore
import TabardSystem

extension CredentialCache {
    /// More refreshes than this are not started beside what is on its way: the rest comes a moment later.
    private static let mostFlights = 16

    func noteUse(of held: Slot.Held, by fetch: @escaping Fetch, at place: SlotPlace, in state: inout State) {
        if held.lastFailure != nil { state.counts.staleServed += 1 }
        guard !held.wasUsed || held.fetch == nil else { return }
        var used = held
        used.wasUsed = true
        used.fetch = held.fetch ?? fetch
        switch state.slots[place] {
        case .fresh: state.slots[place] = .fresh(used)
        case .stale(_, let retryAt): state.slots[place] = .stale(used, retryAt: retryAt)
        case .filling(let flight, let waiters, _): state.slots[place] = .filling(flight, waiters: waiters, previous: used)
        case .failed, nil: break
        }
    }

    /// Asks again for every reply that was used since it arrived and whose time has come, as its jitter, its provider's wish and the back-off
    /// after a failed refresh decide. What nobody has used is left to end by itself.
    ///
    /// - Returns: How long until the next one is due, in nanoseconds, more than zero; nil when none is.
    func refreshDue() -> Int64? {
        let now = clocks.bootNanoseconds
        let (due, next) = state.update { state in
            var due: [(Flight, SlotPlace, Fetch)] = []
            var next = Int64.max
            guard !state.isClosed else { return (due, next) }
            for (place, slot) in state.slots {
                let held: Slot.Held
                let moment: Int64
                switch slot {
                case .fresh(let reply): (held, moment) = (reply, reply.refreshAt)
                case .stale(let reply, let retryAt): (held, moment) = (reply, retryAt)
                case .filling, .failed: continue
                }
                guard held.wasUsed, let fetch = held.fetch, !held.wasRefused, now < held.until, moment < held.until else { continue }
                guard moment <= now else {
                    next = min(next, moment - now)
                    continue
                }
                guard state.flightCount < Self.mostFlights else {
                    next = min(next, 100_000_000)
                    continue
                }
                let flight = flight(for: held.key, until: .max, isAhead: true, isFresh: false)
                state.flightCount += 1
                state.counts.refreshes += 1
                state.slots[place] = .filling(flight, waiters: 0, previous: held)
                due.append((flight, place, fetch))
            }
            return (due, next)
        }
        for (flight, place, fetch) in due { start(flight, at: place, fetch) }
        return next == .max ? nil : next
    }

    /// What it has done so far.
    public var counts: CacheCounts {
        state.read { state in
            var counts = state.counts
            for slot in state.slots.values { counts.entries[slot.word, default: 0] += 1 }
            return counts
        }
    }

    /// Ends its scheduler; questions are answered as before.
    public func stopRefreshing() { landings.update { $0.isClosed = true } }

    /// Cancels every fetch and lets nobody in any more; what is held is dropped and overwritten.
    ///
    /// - Parameter deadline: How long to wait for the fetches, on CLOCK_MONOTONIC of the machine in nanoseconds.
    /// - Returns: Whether all have ended; those that have not are left behind.
    public func close(until deadline: Int64) -> Bool {
        state.update { state in
            state.isClosed = true
            for case .filling(let flight, _, _) in state.slots.values { flight.cancellation.cancel() }
        }
        stopRefreshing()
        let hasEnded = state.wait(until: deadline) { $0.flightCount == 0 ? true : nil } ?? false
        state.update { $0.slots = [:] }
        return hasEnded
    }
}
