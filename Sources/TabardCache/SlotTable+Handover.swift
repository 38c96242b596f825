import TabardCore

extension SlotTable {
    /// What is held and still valid, for who takes over.
    package func export(now: Int64) -> [HeldReply] {
        all.compactMap { place, slot in
            guard let held = slot.held, now < held.until else { return nil }
            return HeldReply(
                provider: place.provider, imageName: held.key.imageName, registry: held.key.registry, identity: place.identity,
                reply: held.reply, until: held.until, refreshAt: held.refreshAt, refetchedAt: held.refetchedAt,
                wasRefused: held.wasRefused, wasUsed: held.usedAt != nil, goodUntil: held.goodUntil, handoutUntil: held.handoutUntil)
        }
    }

    /// Takes over what another held. What is here already wins; what has ended, or would end later than anything could, is left out.
    ///
    /// - Parameter replies: Each with how it is asked for again when nobody waits.
    /// - Returns: How many were taken.
    package mutating func `import`(_ replies: [(HeldReply, CredentialCache.Fetch?)], now: Int64) -> Int {
        let latest = now.addingSaturated(limits.longestLifetime)
        var count = 0
        for (reply, fetch) in replies where now < reply.until && reply.until <= latest {
            let key = CacheKey(provider: reply.provider, imageName: reply.imageName, registry: reply.registry, identity: reply.identity)
            let place = key.place(reply.reply.scope ?? .image)
            guard self[place] == nil else { continue }
            self[place] = .fresh(
                Slot.Held(
                    reply: reply.reply, until: reply.until, refreshAt: reply.refreshAt, goodUntil: reply.goodUntil,
                    handoutUntil: reply.handoutUntil ?? .max, refetchedAt: reply.refetchedAt, wasRefused: reply.wasRefused,
                    usedAt: reply.wasUsed ? now : nil, lifetime: reply.until - now, key: key, fetch: fetch))
            if !reply.reply.entries.isEmpty { scopes[place.provider] = place.scope }
            count += 1
        }
        makeRoom(now: now)
        return count
    }
}
