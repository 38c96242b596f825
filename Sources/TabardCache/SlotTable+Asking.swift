package import TabardCore

extension SlotTable {
    /// What a caller with this question does next.
    ///
    /// - Parameters:
    ///   - isAlone: A wider flight has ended without serving this caller, who asks for its own image now.
    ///   - isFirst: The question is new, and counted.
    ///   - deadline: When the caller stops waiting, on CLOCK_MONOTONIC in nanoseconds.
    package mutating func ask(
        _ key: CacheKey, until deadline: Int64, isAlone: Bool = false, isFirst: Bool = true, now: CacheMoment,
        fetch: @escaping CredentialCache.Fetch
    ) -> Step {
        let step = step(for: key, until: deadline, isAlone: isAlone, now: now, fetch: fetch)
        guard isFirst else { return step }
        switch step {
        case .serve: counts.hits += 1
        case .fail: counts.failuresServed += 1
        case .wait(_, let isOwn, _):
            counts.misses += 1
            if !isOwn { counts.joined += 1 }
        }
        return step
    }

    private mutating func step(
        for key: CacheKey, until deadline: Int64, isAlone: Bool, now: CacheMoment, fetch: @escaping CredentialCache.Fetch
    ) -> Step {
        for scope in CacheScope.allCases {
            let place = key.place(scope)
            guard let slot = self[place], let held = slot.held, now.boot < held.until else { continue }
            return step(for: key, until: deadline, at: place, slot, held, now: now, fetch: fetch)
        }
        var failuresInARow = 0
        for scope in isAlone ? [CacheScope.image] : CacheScope.allCases {
            switch self[key.place(scope)] {
            case .filling(let id, _): return join(id, key, now: now, hasReply: false)
            case .failed(let failure, let retryAt, let count):
                if now.boot < retryAt { return .fail(failure) }
                failuresInARow = max(failuresInARow, count)
            default: break
            }
        }
        let place = key.place(isAlone ? .image : scopes[key.provider] ?? .registry)
        let plan = plan(
            .miss, for: key, at: place, waiters: 1, until: deadline, failuresInARow: failuresInARow, now: now, fetch: fetch)
        self[place] = .filling(plan.id, previous: nil)
        enqueue(plan)
        return .wait(plan.id, isOwn: true, hasReply: false)
    }

    /// What to do about a valid reply.
    private mutating func step(
        for key: CacheKey, until deadline: Int64, at place: SlotPlace, _ slot: Slot, _ reply: Slot.Held, now: CacheMoment,
        fetch: @escaping CredentialCache.Fetch
    ) -> Step {
        var held = reply
        if case .filling(let id, _) = slot, held.wasRefused { return join(id, key, now: now, hasReply: false) }
        if held.wasRefused {
            if case .stale(_, let retryAt) = slot, now.boot < retryAt { return .serve(present(held, now: now.boot)) }
            let plan = plan(.invalidated, for: key, at: place, waiters: 1, until: deadline, now: now, fetch: fetch)
            self[place] = .filling(plan.id, previous: held)
            enqueue(plan)
            return .wait(plan.id, isOwn: true, hasReply: false)
        }
        if held.lastFailure != nil { counts.staleServed += 1 }
        let isEnding = now.boot >= held.handoutUntil && !held.isBest
        switch slot {
        case .filling(let id, _):
            note(&held, key, at: place, slot, now: now.boot, fetch)
            return isEnding ? join(id, key, now: now, hasReply: true) : .serve(present(held, now: now.boot))
        case .stale(_, let retryAt) where now.boot < retryAt:
            note(&held, key, at: place, slot, now: now.boot, fetch)
        case .fresh where now.boot < held.refreshAt && !isEnding:
            note(&held, key, at: place, slot, now: now.boot, fetch)
        default:
            if isEnding {
                held.usedAt = now.boot
                let plan = plan(.early, for: key, at: place, waiters: 1, until: deadline, now: now, fetch: fetch)
                self[place] = .filling(plan.id, previous: held)
                enqueue(plan)
                return .wait(plan.id, isOwn: true, hasReply: true)
            }
            // Its time to be refreshed has come: `takeReady` finds it, asked the way that this caller knows.
            note(&held, key, at: place, slot, now: now.boot, fetch, isDue: true)
        }
        return .serve(present(held, now: now.boot))
    }

    /// Remembers that a reply is used, and how it is asked for again. Seldom: each time moves it in the order of what is due.
    private mutating func note(
        _ held: inout Slot.Held, _ key: CacheKey, at place: SlotPlace, _ slot: Slot, now: Int64, _ fetch: @escaping CredentialCache.Fetch,
        isDue: Bool = false
    ) {
        if let usedAt = held.usedAt, held.fetch != nil, !isDue, now - usedAt < held.lifetime / 8 { return }
        held.usedAt = now
        (held.key, held.fetch) = (key, fetch)
        switch slot {
        case .fresh: self[place] = .fresh(held)
        case .stale(_, let retryAt): self[place] = .stale(held, retryAt: retryAt)
        case .filling(let id, _): self[place] = .filling(id, previous: held)
        case .failed: break
        }
    }

    private mutating func join(_ id: UInt64, _ key: CacheKey, now: CacheMoment, hasReply: Bool) -> Step {
        guard let flight = flights[id] else { return .fail(Self.overdue(key)) }
        // A provider that ignores its deadline costs one thread, not one for every caller, and no caller's time.
        if now.monotonic.subtractingSaturated(flight.plan.deadline) > 5_000_000_000, !hasReply { return .fail(Self.overdue(key)) }
        flights[id]?.waiters += 1
        return .wait(id, isOwn: false, hasReply: hasReply)
    }

    private static func overdue(_ key: CacheKey) -> Failure {
        Failure(
            .timedOut, attempting: "waiting for the provider", on: key.imageName,
            reason: "an earlier question to it has not come back although its deadline is long past",
            advice: "restart this process, and report the provider", source: key.provider)
    }

    /// The reply in service, ahead of its end or not.
    package func valid(for key: CacheKey, now: Int64) -> ProviderReply? {
        for scope in CacheScope.allCases {
            guard let held = self[key.place(scope)]?.held, now < held.until, !held.reply.entries.isEmpty else { continue }
            return present(held, now: now)
        }
        return nil
    }

    private func present(_ held: Slot.Held, now: Int64) -> ProviderReply {
        Flight.Landing(reply: held.reply, scope: .image, until: held.until, handoutUntil: held.handoutUntil).presented(at: now)
    }
}
