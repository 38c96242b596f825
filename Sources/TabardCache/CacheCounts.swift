/// What a cache has done so far; only ever grows, but for `held`.
public struct CacheCounts: Sendable {
    /// What one provider was asked.
    public struct Provider: Sendable {
        /// Questions put to it.
        public var fetches: UInt64 = 0
        /// Those of them that failed.
        public var failures: UInt64 = 0
    }

    /// Questions answered from memory.
    public var hits: UInt64 = 0
    /// Refreshes that nobody waited for.
    public var refreshes: UInt64 = 0
    /// Entries that a registry refused.
    public var refusals: UInt64 = 0
    /// Replies and failures held now.
    public var held = 0
    /// By provider id.
    public var providers: [String: Provider] = [:]
}
