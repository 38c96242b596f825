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
        let outcomes =
            [("answered", answered), ("anonymous", anonymous)] + failed.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        var text = OpenMetricsText()
        text.counter("tabard_resolves", "Questions answered, by how.", outcomes.map { ([("outcome", $0.0)], $0.1) })
        cache.add(to: &text)
        return text.ended
    }
}
