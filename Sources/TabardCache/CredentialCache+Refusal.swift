public import TabardCore
import TabardSystem

extension CredentialCache {
    /// Drops an entry that a registry answered with 401, so that the next question fetches a new one past the provider's own cache.
    ///
    /// The rest of the reply is used only if that fetch fails. An entry that was itself fetched for this reason is left alone for
    /// `CacheLimits.refetchSpacing`: a registry that refuses a whole account does not turn every pull into a question to the cloud.
    /// - Parameter key: The key that the reply was asked with.
    /// - Returns: Whether asking again can bring another entry. A caller does so once for each pull.
    public func invalidate(_ entry: AuthEntry, for key: CacheKey) -> Bool {
        let now = clocks.bootNanoseconds
        return state.update { state in
            for scope in CacheScope.allCases {
                let place = key.place(scope)
                guard let slot = state.slots[place], var held = slot.held, now < held.until else { continue }
                let rest = held.reply.entries.filter { !$0.isSame(as: entry) }
                guard rest.count < held.reply.entries.count else { continue }
                if let refetchedAt = held.refetchedAt, now - refetchedAt < limits.refetchSpacing.wholeNanoseconds { return false }
                held.reply.entries = rest
                held.wasRefused = true
                state.counts.refusals += 1
                if case .filling(let flight, let waiters, _) = slot {
                    state.slots[place] = .filling(flight, waiters: waiters, previous: held)
                } else {
                    state.slots[place] = .fresh(held)
                }
                return true
            }
            // Somebody else has dropped or replaced it already, or it has ended by itself.
            return true
        }
    }
}

extension AuthEntry {
    fileprivate func isSame(as other: AuthEntry) -> Bool {
        pattern == other.pattern && kind == other.kind && username == other.username && password.hasSameBytes(as: other.password)
    }
}
