public import TabardCore

/// An entry that an image nearly gets.
public struct KeyringNearMiss: Sendable {
    /// Its pattern, as its source wrote it.
    public let pattern: String
    /// Where it came from.
    public let origin: Origin
    /// The one rule that failed.
    public let reason: String
}
