extension CacheCounts {
    /// Adds what a cache before this one did: a number that only grows must not begin anew when its cache is replaced. `entries` stay.
    public mutating func add(_ other: CacheCounts) {
        hits += other.hits
        staleServed += other.staleServed
        misses += other.misses
        joined += other.joined
        failuresServed += other.failuresServed
        refreshes += other.refreshes
        refusals += other.refusals
        evictions += other.evictions
        for (id, provider) in other.providers {
            var sum = providers[id] ?? Provider()
            sum.fetches += provider.fetches
            sum.outcomes.merge(provider.outcomes, uniquingKeysWith: +)
            sum.latency.add(provider.latency)
            providers[id] = sum
        }
    }
}
