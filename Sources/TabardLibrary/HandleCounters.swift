import TabardCache
import TabardCore

/// What a handle has been asked so far.
struct HandleCounters {
    private var answered: UInt64 = 0
    private var anonymous: UInt64 = 0
    /// By the code of the failure; as many rows as there are codes.
    private var failed: [String: UInt64] = [:]

    mutating func count(_ failure: Failure?, entries: Int) {
        if let failure {
            failed[failure.code.rawValue, default: 0] += 1
        } else if entries == 0 {
            anonymous += 1
        } else {
            answered += 1
        }
    }

    /// The numbers as OpenMetrics text (openmetrics.io, version 1.0).
    func openMetrics(_ cache: CacheCounts) -> String {
        var text = ""
        func family(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: UInt64)]) {
            text += "# TYPE \(name) \(type)\n# HELP \(name) \(help)\n"
            let suffix = type == "counter" ? "_total" : ""
            for (labels, value) in samples { text += "\(name)\(suffix)\(labels.isEmpty ? "" : "{\(labels)}") \(value)\n" }
        }
        let outcomes =
            [("outcome=\"answered\"", answered), ("outcome=\"anonymous\"", anonymous)]
            + failed.sorted { $0.key < $1.key }.map { ("outcome=\"\($0.key)\"", $0.value) }
        family("tabard_resolves", "counter", "Questions answered, by how.", outcomes)
        family("tabard_cache_hits", "counter", "Questions to a provider that were answered from memory.", [("", cache.hits)])
        let providers = cache.providers.sorted { $0.key < $1.key }
        family(
            "tabard_provider_questions", "counter", "Questions put to a provider.",
            providers.map { ("provider=\"\($0.key)\"", $0.value.fetches) })
        family(
            "tabard_provider_failures", "counter", "Questions that a provider failed to answer.",
            providers.map { ("provider=\"\($0.key)\"", $0.value.failures) })
        family("tabard_cache_refreshes", "counter", "Questions put to providers ahead of need.", [("", cache.refreshes)])
        family("tabard_cache_refusals", "counter", "Entries that a registry refused.", [("", cache.refusals)])
        family("tabard_cache_slots", "gauge", "Replies and failures in memory.", [("", UInt64(cache.held))])
        return text + "# EOF\n"
    }
}
