public import TabardCore

/// What a pull has done.
public struct PulledImage: Sendable {
    /// The image, parsed.
    public let image: ImageReference
    /// The digest that its name now stands for in the layout: of the image, or of the index when all platforms were wanted.
    public let digest: ContentDigest
    /// Bytes that came from the registry for blobs; content that was here already does not count.
    public let bytes: Int64
    /// Requests made, to registry, token server and storage.
    public let requests: Int
    /// Where the credential that worked came from, or nil when none was needed.
    public let credential: Origin?
    /// The registries of the mirrors that were asked for its content, in their order.
    public var mirrors: [String] = []
    /// Whether the image was here, and nothing was fetched.
    public let wasPresent: Bool

    /// The same for somebody who wants it a moment later: nothing is fetched for him.
    public var again: PulledImage {
        PulledImage(image: image, digest: digest, bytes: 0, requests: 0, credential: nil, wasPresent: true)
    }
}
