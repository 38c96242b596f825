package import TabardCore

extension SlotTable {
    /// What a flight brought to those who wait for it, and what is to be said about it.
    package struct Landing {
        /// What it brought.
        package let outcome: Result<Flight.Landing, Failure>
        /// What was odd about the reply.
        package var complaint: String?
        /// How long the reply that was there before stays in service, in nanoseconds; nil when there is none.
        package var left: Int64?
    }

    /// Ends a flight that `takeReady` gave out.
    ///
    /// - Parameters:
    ///   - took: How long it was on its way, in nanoseconds.
    ///   - wallClock: UTC, by which an absolute expiry is turned into a lifetime, once.
    package mutating func land(
        _ plan: FlightPlan, with result: Result<ProviderReply, Failure>, took: Int64, now: CacheMoment, wallClock: UTCTime
    ) -> Landing {
        let waiters = flights.removeValue(forKey: plan.id)?.waiters ?? 0
        lanes[plan.key.provider]?.end()
        switch result {
        case .success(var reply):
            count(reply.entries.isEmpty ? "empty" : "answered", of: plan.key.provider, took: took)
            let lifetime = ReplyLifetime(of: reply, arrivedAt: wallClock, policy: &policy)
            // Emptiness is about the one image: no other registry or image may inherit it.
            reply.scope = reply.entries.isEmpty ? .image : reply.scope ?? .image
            var held = Slot.Held(
                reply: reply, until: now.boot.addingSaturated(lifetime.kept), refreshAt: now.boot.addingSaturated(lifetime.refresh),
                goodUntil: lifetime.good.map { now.boot.addingSaturated($0) }, lifetime: lifetime.kept, key: plan.key, fetch: plan.fetch)
            held.handoutUntil = lifetime.handout.map { now.boot.addingSaturated($0) } ?? .max
            held.refetchedAt = plan.isFresh ? now.boot : nil
            if waiters > 0 { held.usedAt = now.boot }
            keep(&held, of: plan, isKept: lifetime.kept > 0, isOdd: lifetime.complaint != nil, now: now.boot)
            let landed = Flight.Landing(
                reply: reply, scope: reply.scope ?? .image, until: held.until, handoutUntil: held.handoutUntil)
            return Landing(outcome: .success(landed), complaint: lifetime.complaint)
        case .failure(let failure):
            count(failure.code.rawValue, of: plan.key.provider, took: took)
            return Landing(outcome: .failure(failure), left: remember(failure, of: plan, now: now.boot))
        }
    }

    /// A caller stops waiting for a flight.
    ///
    /// - Returns: Whether the flight is to be told that nobody wants it any more.
    package mutating func leave(_ id: UInt64, isCancelled: Bool) -> Bool {
        guard let flight = flights[id] else { return false }
        flights[id]?.waiters -= 1
        guard isCancelled, flight.waiters == 1, !flight.plan.isAhead else { return false }
        let previous = release(flight.plan)
        if let previous { self[flight.plan.place] = .fresh(previous) }
        // One whose turn had not come is dropped; its place in the queue leads nowhere.
        if !flight.isRunning { flights[id] = nil }
        return true
    }

    /// Whether a failure for one image tells something about the others of its provider.
    package func isShared(_ failure: Failure, of provider: String) -> Bool {
        switch failure.code {
        case .unavailable, .untrusted, .timedOut: true
        case .denied, .badResponse: scopes[provider].map { $0 != .image } ?? false
        default: false
        }
    }

    private mutating func keep(_ held: inout Slot.Held, of plan: FlightPlan, isKept: Bool, isOdd: Bool, now: Int64) {
        let previous = release(plan)
        let valid = previous.flatMap { now < $0.until && !$0.wasRefused ? $0 : nil }
        let scope = held.reply.scope ?? .image
        if held.reply.entries.isEmpty {
            // What serves other images goes on serving them.
            if plan.place.scope != .image, let valid { keepServing(valid, at: plan.place, now: now) }
        } else {
            scopes[plan.key.provider] = scope
        }
        guard isKept else {
            // Not what its provider wished, but what a clock made of it: what was valid a moment ago still is.
            if isOdd, let valid, self[plan.place] == nil { keepServing(valid, at: plan.place, now: now) }
            return
        }
        let target = plan.key.place(scope)
        if let previous = target == plan.place ? previous ?? self[target]?.held : self[target]?.held {
            held.usedAt = held.usedAt ?? previous.usedAt
            if let before = previous.goodUntil, let good = held.goodUntil { held.isBest = good <= before.addingSaturated(.seconds(60)) }
            if !plan.isFresh, let refused = previous.refused, held.reply.entries.contains(where: { $0.isSame(as: refused) }) {
                // Asked before the refusal, out of a cache of the provider's.
                held.reply.entries.removeAll { $0.isSame(as: refused) }
                (held.wasRefused, held.refused) = (true, refused)
            }
        }
        if case .filling(let other, _) = self[target] {
            self[target] = .filling(other, previous: held)
        } else {
            self[target] = .fresh(held)
        }
        makeRoom(now: now)
    }

    private mutating func keepServing(_ held: Slot.Held, at place: SlotPlace, now: Int64) {
        self[place] = .stale(held, retryAt: now.addingSaturated(limits.longestRetryDelay))
    }

    /// - Returns: How long the reply that was there before stays in service, in nanoseconds; nil when there is none.
    private mutating func remember(_ failure: Failure, of plan: FlightPlan, now: Int64) -> Int64? {
        if let asked = failure.retryAfter {
            let pause = min(asked, limits.longestRefreshDelay)
            lanes[plan.key.provider]?.pausedUntil = now.addingSaturated(pause)
        }
        if var previous = release(plan), now < previous.until, !previous.reply.entries.isEmpty {
            previous.failuresInARow += 1
            previous.lastFailure = failure
            let left = previous.until - now
            // What was refused is not what anybody wants to wait with.
            let delay = policy.retryDelay(after: failure, failuresInARow: previous.failuresInARow, left: previous.wasRefused ? nil : left)
            self[plan.place] = .stale(previous, retryAt: now.addingSaturated(delay))
            return left
        }
        // How long one caller wanted to wait says nothing to the next one.
        guard failure.code != .timedOut, failure.code != .cancelled else { return nil }
        let target = isShared(failure, of: plan.key.provider) ? plan.place : plan.key.place(.image)
        if case .filling = self[target] { return nil }
        let count = plan.failuresInARow + 1
        let delay = policy.retryDelay(after: failure, failuresInARow: count, left: nil)
        self[target] = .failed(failure, retryAt: now.addingSaturated(delay), failuresInARow: count)
        makeRoom(now: now)
        return nil
    }

    /// Empties the place where a flight was waited for, unless another one flies there by now.
    ///
    /// - Returns: What was served there meanwhile.
    private mutating func release(_ plan: FlightPlan) -> Slot.Held? {
        guard case .filling(let there, let previous) = self[plan.place], there == plan.id else { return nil }
        self[plan.place] = nil
        return previous
    }

    /// Counts the end of a question to a provider.
    private mutating func count(_ outcome: String, of provider: String, took nanoseconds: Int64) {
        counts.providers[provider, default: .init()].outcomes[outcome, default: 0] += 1
        counts.providers[provider]?.latency.add(nanoseconds: nanoseconds)
    }
}
