import TabardCore
import TabardJSON

/// Docker's manifests and indexes as OCI's, for tools that read nothing else. The contents stay as they are, only types change their names;
/// so digests of manifests change, and those of indexes with them.
struct OCIConversion {
    /// Children before the indexes that name them, as they came.
    private(set) var manifests: [Manifest] = []
    /// What became of each manifest that changed.
    private var changed: [ContentDigest: Descriptor] = [:]
    private let image: String

    /// The names of the same formats (OCI image-spec, media-types.md, "Compatibility Matrix").
    private static let types = [
        MediaType.dockerManifest: MediaType.ociManifest,
        MediaType.dockerList: MediaType.ociIndex,
        "application/vnd.docker.container.image.v1+json": "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.image.rootfs.diff.tar": "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip": "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.diff.tar.zstd": "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.foreign.diff.tar": "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    ]

    /// Converts what needs it.
    init(_ originals: [Manifest], image: String) throws(Failure) {
        self.image = image
        for original in originals { manifests.append(try convert(original)) }
    }

    /// The descriptor to use instead of `original`.
    func descriptor(for original: Descriptor) -> Descriptor {
        guard let new = changed[original.digest] else { return original }
        return Descriptor(mediaType: new.mediaType, digest: new.digest, size: new.size, platform: original.platform)
    }

    private mutating func convert(_ original: Manifest) throws(Failure) -> Manifest {
        let source = JSONSource(image, attempting: "converting the manifest", code: .badResponse)
        let root = try JSONDocument(reading: original.bytes, from: source).root.asObject()
        let type = Self.types[original.descriptor.mediaType] ?? original.descriptor.mediaType
        var isChanged = type != original.descriptor.mediaType
        var json = JSONWriter()
        try json.object { json throws(Failure) in
            json.field("schemaVersion", 2)
            json.field("mediaType", type)
            for member in root.members where !["schemaVersion", "mediaType"].contains(member.key) {
                switch member.key {
                case "config":
                    try json.object("config") { json throws(Failure) in isChanged = try write(member.value, &json) || isChanged }
                case "layers", "manifests":
                    try json.array(member.key) { json throws(Failure) in
                        for node in try member.value.asArray() {
                            try json.object { json throws(Failure) in isChanged = try write(node, &json) || isChanged }
                        }
                    }
                default: json.field(member.key, member.value)
                }
            }
        }
        let bytes = json.finishBytes()
        // An OCI manifest keeps its bytes and its digest.
        guard isChanged else { return original }
        let new = try Manifest(bytes: bytes, digest: ContentHasher.digest(of: bytes, .sha256), contentType: type, image: image)
        changed[original.descriptor.digest] = new.descriptor
        return new
    }

    /// Writes a descriptor with the names of now.
    ///
    /// - Returns: Whether it differs.
    private func write(_ node: JSONNode, _ json: inout JSONWriter) throws(Failure) -> Bool {
        let old = try Descriptor(node.asObject())
        let new = changed[old.digest]
        let type = new?.mediaType ?? Self.types[old.mediaType] ?? old.mediaType
        for member in node.members {
            switch member.key {
            case "mediaType": json.field("mediaType", type)
            case "digest": json.field("digest", (new?.digest ?? old.digest).description)
            case "size": json.field("size", new?.size ?? old.size)
            // A copy of what the digest names: of the old bytes, where they have changed.
            case "data" where new != nil: break
            default: json.field(member.key, member.value)
            }
        }
        return new != nil || type != old.mediaType
    }
}
