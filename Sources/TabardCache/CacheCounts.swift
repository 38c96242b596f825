/// What a cache has done so far. All but `entries` and what is computed from it only ever grow.
public struct CacheCounts: Sendable {
    /// What one provider was asked.
    public struct Provider: Sendable {
        /// Questions put to it.
        public var fetches: UInt64 = 0
        /// Questions that have ended, by how: `answered`, `empty`, or the code of the failure.
        public var outcomes: [String: UInt64] = [:]
        /// How long the ended ones took.
        public var latency = LatencyHistogram()

        /// Questions that failed.
        public var failures: UInt64 { outcomes.reduce(0) { $0 + ($1.key == "answered" || $1.key == "empty" ? 0 : $1.value) } }
    }

    /// Questions answered from memory.
    public var hits: UInt64 = 0
    /// Those of them that were answered although the last refresh had failed.
    public var staleServed: UInt64 = 0
    /// Questions that had to wait for a fetch, their own or another caller's.
    public var misses: UInt64 = 0
    /// Those of them that waited for the fetch of another caller.
    public var joined: UInt64 = 0
    /// Questions answered with a failure that was remembered.
    public var failuresServed: UInt64 = 0
    /// Fetches that nobody waited for.
    public var refreshes: UInt64 = 0
    /// Entries that a registry refused.
    public var refusals: UInt64 = 0
    /// Replies dropped before their end because there were too many.
    public var evictions: UInt64 = 0
    /// Rows held now, by state.
    public var entries: [CacheEntryState.Word: Int] = [:]
    /// By provider id.
    public var providers: [String: Provider] = [:]

    /// Nothing yet.
    public init() {}

    /// Questions to providers that there would have been beyond those there were if nothing were kept or shared.
    public var savedFetches: UInt64 {
        let asked = hits + joined + failuresServed
        return asked > refreshes ? asked - refreshes : 0
    }
    /// Replies and failures held now.
    public var held: Int { entries.values.reduce(0, +) }
}
