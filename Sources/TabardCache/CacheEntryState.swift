public import TabardCore

/// One row of what a cache holds, for people: no secret, and no identity that could be guessed from it.
public struct CacheEntryState: Sendable, Hashable {
    /// What is going on with a row.
    public enum Word: String, Sendable, Hashable, CaseIterable {
        /// A first answer is on its way.
        case filling
        /// A reply in its prime; a new one may be on its way.
        case fresh
        /// The last refresh failed; the reply is still valid and served.
        case stale
        /// Nothing valid is left; the failure is the answer until the provider is asked again.
        case failed
    }

    /// The provider's id.
    public let provider: String
    /// How far the row reaches.
    public let scope: CacheScope
    /// The image or the registry, as `scope` says; empty for everything that the provider serves.
    public let name: String
    /// `node` for the machine itself; for a service account or another caller eight digits, of a salt that this cache alone knows.
    public let identity: String
    /// What is going on with it.
    public let word: Word
    /// How many entries a caller is given; zero for "no credentials needed".
    public let entryCount: Int
    /// How long the reply may still be served; nil when there is none.
    public let expiresIn: Duration?
    /// How long until the provider is asked again, negative when that is overdue; nil while it is being asked.
    public let refreshIn: Duration?
    /// Whether anybody was served with the reply or its forerunner: what nobody uses is left to end by itself.
    public let isUsed: Bool
    /// How many callers wait for a fetch.
    public let waiters: Int
    /// Why the last fetch for this row failed, if it did.
    public let lastFailure: String?
}
