import TabardCore
import TabardSystem

extension CredentialCache {
    /// Lets the fetch of a flight run, on a thread of its own.
    func start(_ flight: Flight, at place: SlotPlace, _ fetch: @escaping Fetch) {
        log(.info(2), "Refreshing cache for provider: \(flight.key.provider)")
        state.withLock { $0.counts.providers[flight.key.provider, default: .init()].fetches += 1 }
        let work: @Sendable () -> Void = { [self] in
            let result: Result<ProviderReply, Failure>
            do throws(Failure) {
                let call = FetchCall(deadline: flight.deadline, cancellation: flight.cancellation, isFresh: flight.isFresh)
                result = .success(try fetch(call))
            } catch {
                result = .failure(error)
            }
            land(flight, at: place, fetch, with: result)
        }
        do throws(SystemError) {
            try WorkerThread(detached: true, work)
        } catch {
            // No thread to be had: the caller waits in person.
            work()
        }
    }

    /// Whether a failure for one image tells something about the others of its provider.
    func isShared(_ failure: Failure, of provider: String, in state: State) -> Bool {
        switch failure.code {
        case .unavailable, .untrusted, .timedOut: true
        case .denied, .badResponse: state.scopes[provider].map { $0 != .image } ?? false
        default: false
        }
    }

    private func land(_ flight: Flight, at place: SlotPlace, _ fetch: @escaping Fetch, with result: Result<ProviderReply, Failure>) {
        let now = clocks.bootNanoseconds
        let took = clocks.monotonicNanoseconds - flight.startedAt
        let outcome: Result<Flight.Landing, Failure>
        switch result {
        case .success(var reply):
            let lifetime = ReplyLifetime(
                of: reply, arrivedAt: UTCTime(unixNanoseconds: clocks.unixNanoseconds), limits: limits, jitter: jitter)
            if let complaint = lifetime.complaint { log(.warning, "The provider \(flight.key.provider) \(complaint)") }
            // Emptiness is about the one image: no other registry or image may inherit it.
            let scope = reply.entries.isEmpty ? .image : reply.scope ?? .image
            reply.scope = scope
            let held = Slot.Held(
                reply: reply, until: now.addingSaturated(lifetime.kept), refreshAt: now.addingSaturated(lifetime.refresh),
                refetchedAt: flight.isFresh ? now : nil, key: flight.key, fetch: fetch)
            state.update { state in
                state.count(reply.entries.isEmpty ? "empty" : "answered", of: flight.key.provider, took: took)
                keep(held, of: flight, at: place, now: now, in: &state)
            }
            outcome = .success(.init(reply: reply, scope: scope, until: held.until))
        case .failure(let failure):
            let left = state.update { state in
                state.count(failure.code.rawValue, of: flight.key.provider, took: took)
                return remember(failure, of: flight, at: place, now: now, in: &state)
            }
            if let left {
                let rest = GoDuration.format(.seconds(left / 1_000_000_000))
                log(.warning, "The last reply stays in service for \(rest) after a failed refresh: \(failure)")
            }
            outcome = .failure(failure)
        }
        flight.end(with: outcome)
        state.update { $0.flightCount -= 1 }
        landings.update { $0.count &+= 1 }
    }

    private func keep(_ landed: Slot.Held, of flight: Flight, at place: SlotPlace, now: Int64, in state: inout State) {
        var held = landed
        if case .filling(let there, let waiters, _) = state.slots[place], there === flight { held.wasUsed = waiters > 0 }
        let previous = release(flight, from: place, in: &state)
        let scope = held.reply.scope ?? .image
        if held.reply.entries.isEmpty {
            // What serves other images goes on serving them.
            if place.scope != .image, let previous, now < previous.until, !previous.wasRefused {
                state.slots[place] = .stale(previous, retryAt: now.addingSaturated(limits.longestRetryDelay))
            }
        } else {
            state.scopes[flight.key.provider] = scope
        }
        guard held.until > now else { return }
        let target = flight.key.place(scope)
        if case .filling(let other, let waiters, _) = state.slots[target] {
            state.slots[target] = .filling(other, waiters: waiters, previous: held)
        } else {
            state.slots[target] = .fresh(held)
        }
        makeRoom(now: now, in: &state)
    }

    /// - Returns: How long the reply that was there before stays in service, in nanoseconds; nil when there is none.
    private func remember(
        _ failure: Failure, of flight: Flight, at place: SlotPlace, now: Int64, in state: inout State
    ) -> Int64? {
        if var previous = release(flight, from: place, in: &state), now < previous.until, !previous.reply.entries.isEmpty {
            previous.failuresInARow += 1
            previous.lastFailure = failure
            state.slots[place] = .stale(previous, retryAt: now.addingSaturated(delay(after: failure, previous.failuresInARow)))
            return previous.until - now
        }
        // How long one caller wanted to wait says nothing to the next one.
        guard failure.code != .timedOut, failure.code != .cancelled else { return nil }
        let target = isShared(failure, of: flight.key.provider, in: state) ? place : flight.key.place(.image)
        if case .filling = state.slots[target] { return nil }
        let count = flight.failuresInARow + 1
        state.slots[target] = .failed(failure, retryAt: now.addingSaturated(delay(after: failure, count)), failuresInARow: count)
        makeRoom(now: now, in: &state)
        return nil
    }

    /// Empties the place where a flight was waited for, unless another one flies there by now.
    ///
    /// - Returns: What was served there meanwhile.
    private func release(_ flight: Flight, from place: SlotPlace, in state: inout State) -> Slot.Held? {
        guard case .filling(let there, _, let previous) = state.slots[place], there === flight else { return nil }
        state.slots[place] = nil
        return previous
    }

    private func delay(after failure: Failure, _ failuresInARow: Int) -> Int64 {
        let longest = limits.longestRetryDelay.wholeNanoseconds
        let doubled = limits.firstRetryDelay.wholeNanoseconds.multipliedReportingOverflow(by: 1 << min(failuresInARow - 1, 20))
        let asked = failure.retryAfter?.wholeNanoseconds ?? 0
        return min(longest, max(asked, doubled.overflow ? longest : doubled.partialValue))
    }

    /// Drops what has ended, once a minute and when there are too many; then what ends first. Flights stay.
    func makeRoom(now: Int64, in state: inout State) {
        let isFull = state.slots.count > limits.slotCount
        guard isFull || now - state.lastPurge > 60_000_000_000 else { return }
        state.lastPurge = now
        state.slots = state.slots.filter { now < $0.value.until }
        while state.slots.count > limits.slotCount {
            guard let first = state.slots.min(by: { $0.value.until < $1.value.until }), first.value.until != .max else { return }
            state.slots[first.key] = nil
            state.counts.evictions += 1
        }
    }

    /// Waits for a number of fetches on their way and of callers that wait for them: how tests, and an orderly end, know where it stands.
    package func wait(until isReached: (_ fetches: Int, _ waiters: Int) -> Bool) {
        _ = state.wait(until: nil) { state in
            var waiting = 0
            for case .filling(_, let waiters, _) in state.slots.values { waiting += waiters }
            return isReached(state.flightCount, waiting) ? true : nil
        }
    }
}
