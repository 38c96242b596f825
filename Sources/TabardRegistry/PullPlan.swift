import TabardCore

/// Everything that one image needs: manifests and blobs, each once, whatever an index repeats.
struct PullPlan: Sendable {
    /// What the image's name will stand for.
    let top: Descriptor
    /// The manifests to be stored, children before the indexes that name them.
    private(set) var manifests: [Manifest] = []
    /// Configurations and layers.
    private(set) var blobs: [Descriptor] = []

    /// Indexes in indexes are followed so far.
    static let maximumDepth = 4
    private static let maximumBlobs = 16384

    private init(top: Descriptor) { self.top = top }

    /// Chooses what to fetch.
    ///
    /// - Parameters:
    ///   - platform: The one image of an index that is wanted; nil wants all, with the index.
    ///   - fetch: Gets a manifest that an index names.
    static func make(
        _ manifest: Manifest, image: ImageReference, platform: Platform?, layout: OCILayout,
        fetch: (Descriptor) throws(Failure) -> Manifest
    ) throws(Failure) -> PullPlan {
        var chosen = manifest
        if let platform {
            var depth = 0
            while case .index(let entries) = chosen.content {
                depth += 1
                guard depth < maximumDepth else { throw tooDeep(image) }
                chosen = try fetch(try choose(from: entries, platform: platform, image: image))
            }
        }
        var plan = PullPlan(top: chosen.descriptor)
        var seen: Set<ContentDigest> = []
        try plan.add(chosen, image: image, depth: 0, seen: &seen, fetch: fetch)
        return plan
    }

    private mutating func add(
        _ manifest: Manifest, image: ImageReference, depth: Int, seen: inout Set<ContentDigest>,
        fetch: (Descriptor) throws(Failure) -> Manifest
    ) throws(Failure) {
        guard depth < Self.maximumDepth else { throw Self.tooDeep(image) }
        guard seen.insert(manifest.descriptor.digest).inserted else { return }
        switch manifest.content {
        case .image(let configuration, let layers):
            for blob in [configuration] + layers where seen.insert(blob.digest).inserted { blobs.append(blob) }
            guard blobs.count <= Self.maximumBlobs else {
                throw Failure(
                    .tooLarge, attempting: "planning the pull", on: image.description,
                    reason: "it has more than \(Self.maximumBlobs) layers")
            }
        case .index(let entries):
            for entry in entries where !seen.contains(entry.digest) {
                try add(try fetch(entry), image: image, depth: depth + 1, seen: &seen, fetch: fetch)
            }
        }
        manifests.append(manifest)
    }

    private static func choose(from entries: [Descriptor], platform: Platform, image: ImageReference) throws(Failure) -> Descriptor {
        // Entries about images, such as attestations, are no candidates.
        let candidates = entries.filter { !$0.isAttestation }
        if let index = platform.choose(from: candidates.map(\.platform)) { return candidates[index] }
        // An index of one image that says nothing of platforms leaves no choice.
        if candidates.count == 1, candidates[0].platform == nil { return candidates[0] }
        let offers = candidates.compactMap { $0.platform?.description }
        throw Failure(
            .notFound, attempting: "choosing the image for \(platform)", on: image.description,
            reason: offers.isEmpty ? "the index names no platforms" : "the index offers only \(offers.joined(separator: ", "))",
            advice: "choose one with --platform, or take all with --all-platforms")
    }

    private static func tooDeep(_ image: ImageReference) -> Failure {
        Failure(
            .badResponse, attempting: "planning the pull", on: image.description,
            reason: "its indexes are nested more than \(maximumDepth) deep")
    }
}
