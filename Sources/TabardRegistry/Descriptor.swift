public import TabardCore
import TabardJSON

/// What names content in a registry or a layout: its type, digest and size (OCI image-spec, descriptor.md).
public struct Descriptor: Sendable, Hashable {
    /// What the content is.
    public let mediaType: String
    /// The digest that the content must have.
    public let digest: ContentDigest
    /// The size in bytes that the content must have.
    public let size: Int64
    /// Where an image of an index runs, or nil when the index does not say.
    public let platform: Platform?
    /// Whether the index says that it is no image but something about one (`unknown/unknown`, as attestations are).
    let isAttestation: Bool

    /// Makes a descriptor of content that is at hand.
    public init(mediaType: String, digest: ContentDigest, size: Int64, platform: Platform? = nil) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        isAttestation = false
    }

    /// Reads one from a manifest or index. The digest is checked here, before it can become part of a path or an address.
    init(_ node: JSONNode) throws(Failure) {
        mediaType = try node.optionalString("mediaType") ?? ""
        let text = try node.requireString("digest")
        do { digest = try ContentDigest(text) } catch { throw try node.require("digest").failure("is no digest: \(error.reason)") }
        size = try node.requireInt64("size")
        guard size >= 0 else { throw try node.require("size").failure("must not be negative") }
        guard let place = try node.optionalObject("platform") else {
            platform = nil
            isAttestation = false
            return
        }
        let os = try place.requireString("os")
        let architecture = try place.requireString("architecture")
        isAttestation = os == "unknown" && architecture == "unknown"
        platform = isAttestation ? nil : Platform(os: os, architecture: architecture, variant: try place.optionalString("variant"))
    }
}
