public import TabardCore

/// What one source said about an image.
public struct SourceOutcome: Sendable {
    /// How it ended.
    public enum Outcome: Sendable {
        /// It gave that many entries.
        case gave(Int)
        /// It was asked and has nothing for this image.
        case nothing
        /// It should have answered and could not.
        case failed(Failure)
        /// It was not asked; the reason says why.
        case notAsked

        /// One word for logs and JSON.
        public var name: String {
            switch self {
            case .gave: "gave"
            case .nothing: "nothing"
            case .failed: "failed"
            case .notAsked: "not-asked"
            }
        }
    }

    /// Which source.
    public let origin: Origin
    /// How it ended.
    public let outcome: Outcome
    /// Why, in words: the pattern that matched, the failure.
    public let reason: String

    /// How widely a provider's reply may be reused; nil for what is no provider's.
    public internal(set) var scope: CacheScope?
    /// How long a provider's reply holds from when it was given; nil for what is no provider's.
    public internal(set) var lifetime: Duration?

    /// Makes an outcome.
    public init(origin: Origin, outcome: Outcome, reason: String) {
        self.origin = origin
        self.outcome = outcome
        self.reason = reason
    }
}
