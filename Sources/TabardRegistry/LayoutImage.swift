public import TabardCore

/// An image of a layout.
public struct LayoutImage: Sendable {
    /// Its full reference.
    public let name: String
    /// Of its manifest or index.
    public let digest: ContentDigest
    /// All that it needs and that is here; what several images share counts for each.
    public let bytes: Int64
    /// Where it runs; empty for what is no image of a container.
    public let platforms: [Platform]
    /// Whether everything is here that it needs.
    public let isWhole: Bool
}
