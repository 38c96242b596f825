public import TabardCore

/// A registry of a docker config whose entry cannot be used.
public struct SpoiledKey: Sendable {
    /// What it would have been for.
    public let pattern: ImagePattern
    /// Why not, with the place.
    public let problem: Failure
}
