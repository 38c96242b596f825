import TabardCore

/// Everything that one image needs: manifests and blobs, each once, whatever an index repeats.
struct PullPlan: Sendable {
    /// What the image's name will stand for.
    let top: Descriptor
    /// The manifests to be stored, children before the indexes that name them.
    private(set) var manifests: [Manifest] = []
    /// Configurations, layers and what an index holds beside images.
    private(set) var blobs: [Descriptor] = []
    /// The sizes of the blobs, so that a digest that comes again is fetched once.
    private var sizes: [ContentDigest: Int64] = [:]
    private var seenManifests: Set<ContentDigest> = []
    private var blobBytes: Int64 = 0
    private var manifestBytes = 0
    private var wantedManifests = 1

    /// Indexes in indexes are followed so far.
    static let maximumDepth = 4
    private static let maximumBlobs = 16384
    /// Each is a request, and an index of a few megabytes can lead to hundreds of thousands.
    private static let maximumManifests = 4096
    /// All manifests of a plan are in memory at the same time.
    private static let maximumManifestBytes = 64 << 20

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
        var top = manifest.descriptor
        if let platform {
            var depth = 0
            while case .index(let entries) = chosen.content {
                depth += 1
                guard depth < maximumDepth else { throw tooDeep(image) }
                let entry = try choose(from: entries, platform: platform, image: image)
                chosen = try Self.fetch(entry, image: image, with: fetch)
                // The layout remembers which one of an index it has.
                top = Descriptor(
                    mediaType: chosen.descriptor.mediaType, digest: entry.digest, size: entry.size, platform: entry.platform)
            }
        }
        var plan = PullPlan(top: top)
        try plan.add(chosen, image: image, depth: 0, fetch: fetch)
        return plan
    }

    private static func fetch(
        _ entry: Descriptor, image: ImageReference, with fetch: (Descriptor) throws(Failure) -> Manifest
    ) throws(Failure) -> Manifest {
        let manifest = try fetch(entry)
        guard manifest.descriptor.size == entry.size else {
            throw nonsense("its index gives \(entry.digest) a size of \(entry.size) bytes, but it has \(manifest.descriptor.size)", image)
        }
        return manifest
    }

    private mutating func add(
        _ manifest: Manifest, image: ImageReference, depth: Int, fetch: (Descriptor) throws(Failure) -> Manifest
    ) throws(Failure) {
        guard depth < Self.maximumDepth else { throw Self.tooDeep(image) }
        guard seenManifests.insert(manifest.descriptor.digest).inserted else { return }
        manifestBytes += manifest.bytes.count
        guard manifestBytes <= Self.maximumManifestBytes else {
            throw Failure(
                .tooLarge, attempting: "planning the pull", on: image.description,
                reason: "its manifests have more than \(Self.maximumManifestBytes >> 20) MiB together", advice: "choose one --platform")
        }
        switch manifest.content {
        case .image(let configuration, let layers):
            guard !ImageConfiguration.isOne(configuration) || configuration.size <= Int64(ImageConfiguration.maximumBytes) else {
                throw Failure(
                    .tooLarge, attempting: "planning the pull", on: image.description,
                    reason: "its configuration has \(configuration.size) bytes, more than \(ImageConfiguration.maximumBytes >> 20) MiB")
            }
            for blob in [configuration] + layers { try add(blob, image: image) }
        case .index(let entries):
            wantedManifests += entries.count { !MediaType.isOpaque($0.mediaType) && !seenManifests.contains($0.digest) }
            guard wantedManifests <= Self.maximumManifests else {
                throw Failure(
                    .tooLarge, attempting: "planning the pull", on: image.description,
                    reason: "its indexes lead to more than \(Self.maximumManifests) manifests", advice: "choose one --platform")
            }
            for entry in entries where !seenManifests.contains(entry.digest) {
                if MediaType.isOpaque(entry.mediaType) {
                    try add(entry, image: image)
                } else {
                    try add(try Self.fetch(entry, image: image, with: fetch), image: image, depth: depth + 1, fetch: fetch)
                }
            }
        }
        manifests.append(manifest)
    }

    private mutating func add(_ blob: Descriptor, image: ImageReference) throws(Failure) {
        if let size = sizes[blob.digest] {
            guard size == blob.size else { throw Self.nonsense("it gives \(blob.digest) two sizes, \(size) and \(blob.size)", image) }
            return
        }
        let (sum, overflow) = blobBytes.addingReportingOverflow(blob.size)
        guard !overflow else { throw Self.nonsense("its layers have more bytes together than can be counted", image) }
        guard blobs.count < Self.maximumBlobs else {
            throw Failure(
                .tooLarge, attempting: "planning the pull", on: image.description, reason: "it has more than \(Self.maximumBlobs) layers")
        }
        blobBytes = sum
        sizes[blob.digest] = blob.size
        blobs.append(blob)
    }

    private static func choose(from entries: [Descriptor], platform: Platform, image: ImageReference) throws(Failure) -> Descriptor {
        // Entries about images, such as attestations, are no candidates.
        let candidates = entries.filter { !$0.isAttestation && !MediaType.isOpaque($0.mediaType) }
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
        nonsense("its indexes are nested more than \(maximumDepth) deep", image)
    }

    private static func nonsense(_ reason: String, _ image: ImageReference) -> Failure {
        Failure(.badResponse, attempting: "planning the pull", on: image.description, reason: reason)
    }
}
