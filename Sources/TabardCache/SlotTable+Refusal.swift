package import TabardCore

extension SlotTable {
    /// Drops an entry that a registry answered with 401.
    ///
    /// - Returns: Whether asking again can bring another entry.
    package mutating func invalidate(_ entry: AuthEntry, for key: CacheKey, now: Int64) -> Bool {
        for scope in CacheScope.allCases {
            let place = key.place(scope)
            guard let slot = self[place], var held = slot.held, now < held.until else { continue }
            let rest = held.reply.entries.filter { !$0.isSame(as: entry) }
            guard rest.count < held.reply.entries.count else { continue }
            if let refetchedAt = held.refetchedAt, now - refetchedAt < limits.refetchSpacing.wholeNanoseconds { return false }
            held.reply.entries = rest
            (held.wasRefused, held.refused) = (true, entry)
            counts.refusals += 1
            if case .filling(let flight, _) = slot {
                self[place] = .filling(flight, previous: held)
            } else {
                self[place] = .fresh(held)
            }
            return true
        }
        // Somebody else has dropped or replaced it already, or it has ended by itself.
        return true
    }
}

extension AuthEntry {
    func isSame(as other: AuthEntry) -> Bool {
        pattern == other.pattern && kind == other.kind && username == other.username && password.hasSameBytes(as: other.password)
    }
}
