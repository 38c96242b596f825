import TabardCore

/// All that an image needs in a layout: manifests, configurations and layers, each once.
struct ImageContents: Sendable {
    /// What is here, of the size that is promised.
    private(set) var present: [Descriptor] = []
    /// What is not, and manifests that are damaged.
    private(set) var missing: [Descriptor] = []
    /// Where its images run, as their index or configuration says.
    private(set) var platforms: [Platform] = []
    private var seen: Set<ContentDigest> = []

    /// Whether nothing is missing.
    var isWhole: Bool { missing.isEmpty }

    /// Follows `top`.
    ///
    /// - Throws: What a manifest with the right digest and nonsense in it throws.
    init(of top: Descriptor, in layout: OCILayout) throws(Failure) {
        if let platform = top.platform { platforms = [platform] }
        try add(top, isManifest: true, depth: 0, layout)
    }

    private mutating func add(_ descriptor: Descriptor, isManifest: Bool, depth: Int, _ layout: OCILayout) throws(Failure) {
        guard seen.insert(descriptor.digest).inserted else { return }
        guard try layout.contains(descriptor) else { return missing.append(descriptor) }
        guard isManifest else { return present.append(descriptor) }
        guard depth < PullPlan.maximumDepth, let bytes = try layout.content(of: descriptor) else { return missing.append(descriptor) }
        present.append(descriptor)
        let manifest = try Manifest(bytes: bytes, digest: descriptor.digest, contentType: descriptor.mediaType, image: layout.path)
        switch manifest.content {
        case .image(let configuration, let layers):
            for blob in [configuration] + layers { try add(blob, isManifest: false, depth: depth + 1, layout) }
            guard platforms.isEmpty, let bytes = try layout.content(of: configuration, limit: ImageConfiguration.maximumBytes) else {
                return
            }
            if let platform = try ImageConfiguration(bytes, of: configuration)?.platform { platforms = [platform] }
        case .index(let entries):
            platforms += entries.compactMap(\.platform)
            for entry in entries { try add(entry, isManifest: !MediaType.isOpaque(entry.mediaType), depth: depth + 1, layout) }
        }
    }
}

extension OCILayout {
    /// All that the image behind `top` needs.
    func contents(of top: Descriptor) throws(Failure) -> ImageContents { try ImageContents(of: top, in: self) }
}
