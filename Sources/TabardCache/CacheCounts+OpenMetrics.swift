extension CacheCounts {
    /// Adds these numbers to a text: no label names an image, a registry or an identity, so that their number stays small.
    public func add(to text: inout OpenMetricsText) {
        let providers = providers.sorted { $0.key < $1.key }
        func label(_ provider: String) -> OpenMetricsText.Labels { [("provider", provider)] }
        text.counter(
            "tabard_provider_questions", "Questions put to a provider.", providers.map { (label($0.key), $0.value.fetches) })
        text.counter(
            "tabard_provider_answers", "Questions to a provider that have ended, by how.",
            providers.flatMap { id, provider in
                provider.outcomes.sorted { $0.key < $1.key }.map { (label(id) + [("outcome", $0.key)], $0.value) }
            })
        text.counter(
            "tabard_provider_failures", "Questions that a provider failed to answer.", providers.map { (label($0.key), $0.value.failures) })
        text.histogram(
            "tabard_provider_latency_seconds", "How long a provider took to answer or to fail.",
            providers.map { (label($0.key), $0.value.latency) })
        text.counter("tabard_cache_hits", "Questions to a provider that were answered from memory.", [([], hits)])
        text.counter(
            "tabard_cache_stale_served", "Questions answered from memory although the last refresh had failed.", [([], staleServed)])
        text.counter("tabard_cache_misses", "Questions that had to wait for a provider.", [([], misses)])
        text.counter("tabard_cache_joined", "Questions that waited for what another caller had asked.", [([], joined)])
        text.counter(
            "tabard_cache_failures_served", "Questions answered with a failure that was remembered.", [([], failuresServed)])
        text.counter("tabard_cache_refreshes", "Questions put to providers ahead of need.", [([], refreshes)])
        text.counter("tabard_cache_refusals", "Entries that a registry refused.", [([], refusals)])
        text.counter("tabard_cache_evictions", "Replies dropped before their end because there were too many.", [([], evictions)])
        text.gauge(
            "tabard_cache_saved_questions", "Questions to providers that keeping and sharing has saved, refreshes taken off.",
            [([], Int64(clamping: savedFetches))])
        text.gauge("tabard_cache_slots", "Replies and failures in memory.", [([], Int64(held))])
        text.gauge(
            "tabard_cache_entries", "Replies and failures in memory, by state.",
            CacheEntryState.Word.allCases.map { ([("state", $0.rawValue)], Int64(entries[$0] ?? 0)) })
    }
}
