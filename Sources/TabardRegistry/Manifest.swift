import TabardCore
import TabardJSON

/// The manifest of one image, or the index of several, with the exact bytes that the registry sent.
struct Manifest: Sendable {
    /// What the bytes describe.
    enum Content: Sendable {
        /// One image: its configuration and layers, lowest first.
        case image(configuration: Descriptor, layers: [Descriptor])
        /// Several images, or further indexes.
        case index([Descriptor])
    }

    /// The most bytes that a manifest may have; registries must take 4 MiB (OCI distribution-spec, "Pushing manifests").
    static let maximumBytes = 4 << 20
    /// The most layers or entries that are read.
    static let maximumEntries = 4096

    /// The bytes, whose digest names the image.
    let bytes: [UInt8]
    /// Type, digest and size of the bytes.
    let descriptor: Descriptor
    /// What they say.
    let content: Content

    /// Reads a manifest.
    ///
    /// - Parameters:
    ///   - digest: Of `bytes`, already compared with the digest that was asked for.
    ///   - contentType: The answer's `Content-Type`, or the type that an index gave; empty when nobody said.
    ///   - image: For messages.
    init(bytes: [UInt8], digest: ContentDigest, contentType: String, image: String) throws(Failure) {
        func refuse(_ reason: String, _ code: Failure.Code = .badResponse, advice: String = "") -> Failure {
            Failure(code, attempting: "reading the manifest", on: image, reason: reason, advice: advice)
        }
        let announced = MediaType.essence(of: contentType)
        if MediaType.isSchema1(announced) { throw Self.schema1(image) }
        if !announced.isEmpty, !MediaType.isManifest(announced), !MediaType.isIndex(announced), !announced.hasSuffix("json") {
            throw refuse(
                "the answer is \(announced), not an image manifest",
                advice: "look whether a proxy or a sign-in page answers for the registry, and whether the name is right")
        }
        let root = try JSONDocument(reading: bytes, from: JSONSource(image, attempting: "reading the manifest", code: .badResponse)).root
            .asObject()
        if try root.optionalInt64("schemaVersion") == 1 { throw Self.schema1(image) }
        let inside = try root.optionalString("mediaType") ?? ""
        let isTyped = MediaType.isManifest(announced) || MediaType.isIndex(announced)
        if isTyped, !inside.isEmpty, inside != announced {
            throw refuse("it is announced as \(announced) but says that it is \(inside)")
        }
        let manifests = try root.optionalArray("manifests")
        let layers = try root.optionalArray("layers")
        if manifests != nil, layers != nil {
            throw refuse("it has both manifests and layers, so what it is depends on the reader (CVE-2021-41190)")
        }
        let type = isTyped ? announced : !inside.isEmpty ? inside : manifests != nil ? MediaType.ociIndex : MediaType.ociManifest

        self.bytes = bytes
        descriptor = Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count))
        if MediaType.isIndex(type), let manifests {
            guard manifests.count <= Self.maximumEntries else {
                throw refuse("the index has more than \(Self.maximumEntries) entries", .tooLarge)
            }
            var entries: [Descriptor] = []
            for node in manifests { entries.append(try Descriptor(node.asObject())) }
            content = .index(entries)
        } else if MediaType.isManifest(type), let layers {
            guard layers.count <= Self.maximumEntries else { throw refuse("it has more than \(Self.maximumEntries) layers", .tooLarge) }
            var descriptors: [Descriptor] = []
            for node in layers { descriptors.append(try Descriptor(node.asObject())) }
            content = .image(configuration: try Descriptor(root.requireObject("config")), layers: descriptors)
        } else {
            throw refuse(
                "a document of type \(type) with \(manifests != nil ? "manifests" : layers != nil ? "layers" : "neither layers nor manifests") is no image"
            )
        }
    }

    private static func schema1(_ image: String) -> Failure {
        Failure(
            .unsupported, attempting: "reading the manifest", on: image,
            reason: "the registry offers the image only in Docker's schema 1, which no runtime takes any more",
            advice: "push the image again with a current tool")
    }
}
