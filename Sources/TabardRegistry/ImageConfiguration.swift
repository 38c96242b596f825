import TabardCore
import TabardJSON

/// What an image's configuration says of where it runs (OCI image-spec, config.md; Docker's image specification has the same fields).
struct ImageConfiguration: Sendable {
    private static let types: Set<String> = [
        "application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json",
    ]
    /// The most bytes that a configuration is read with.
    static let maximumBytes = 4 << 20

    /// Where it runs, or nil when it does not say.
    let platform: Platform?

    /// Whether it is an image's configuration by its type; those of artifacts may be anything.
    static func isOne(_ descriptor: Descriptor) -> Bool { types.contains(descriptor.mediaType) }

    /// Reads one. Artifacts have configurations of other types, which say nothing of platforms.
    ///
    /// - Returns: nil for a type that is no image's.
    init?(_ bytes: [UInt8], of descriptor: Descriptor) throws(Failure) {
        guard Self.isOne(descriptor) else { return nil }
        let source = JSONSource(descriptor.digest.description, attempting: "reading the image's configuration", code: .badResponse)
        let root = try JSONDocument(reading: bytes, from: source).root.asObject()
        guard let os = try root.optionalString("os"), !os.isEmpty, let processor = try root.optionalString("architecture"),
            !processor.isEmpty
        else {
            platform = nil
            return
        }
        platform = Platform(os: os, architecture: processor, variant: try root.optionalString("variant"))
    }
}
