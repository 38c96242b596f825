import TabardCore
import TabardCrypto
import TabardSystem

extension CredentialCache {
    /// What is held and what is on its way, row by row, in the order of provider, scope, name and identity.
    public func snapshot() -> [CacheEntryState] {
        let now = clocks.bootNanoseconds
        let rows = state.read { state in state.table.all.compactMap { row(of: $0.slot, at: $0.place, in: state.table, now: now) } }
        return rows.sorted {
            ($0.provider, $0.scope.rawValue, $0.name, $0.identity) < ($1.provider, $1.scope.rawValue, $1.name, $1.identity)
        }
    }

    private func row(of slot: Slot, at place: SlotPlace, in table: SlotTable, now: Int64) -> CacheEntryState? {
        guard let slot = now < slot.until ? slot : slot.ended else { return nil }
        let held = slot.held
        var refreshAt: Int64?
        var waiting = 0
        var failure = held?.lastFailure
        switch slot {
        case .filling(let flight, _): waiting = table.flights[flight]?.waiters ?? 0
        case .fresh(let held): refreshAt = held.refreshAt
        case .stale(_, let retryAt): refreshAt = retryAt
        case .failed(let last, let retryAt, _): (refreshAt, failure) = (retryAt, last)
        }
        return CacheEntryState(
            provider: place.provider, scope: place.scope, name: place.name, identity: mark(of: place.identity), word: slot.word,
            entryCount: held?.reply.entries.count ?? 0, expiresIn: held.map { .nanoseconds($0.until - now) },
            refreshIn: refreshAt.map { .nanoseconds($0.subtractingSaturated(now)) }, isUsed: held?.usedAt != nil, waiters: waiting,
            lastFailure: failure?.description)
    }

    /// Tells the rows of two identities apart, and nothing else about them.
    private func mark(of identity: [UInt8]?) -> String {
        guard let identity else { return "node" }
        return String(SHA256.hash(salt + identity).hex.prefix(8))
    }
}
