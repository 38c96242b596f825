import Glibc
public import TabardCore
import TabardJSON
import TabardPullRecords
public import TabardSystem

/// What lies in a layout, what nobody needs any more, and whether it is what it should be.
extension OCILayout {
    /// What collecting garbage has freed.
    public struct Freed: Sendable {
        /// Files.
        public internal(set) var files = 0
        /// Their bytes.
        public internal(set) var bytes: Int64 = 0
    }

    /// Content that is not what its digest promises.
    public struct Damage: Sendable {
        /// The image that needs it.
        public let image: String
        /// What it should be.
        public let digest: ContentDigest
        /// Whether it is not here, or cut short; else its bytes are wrong.
        public let isMissing: Bool
    }

    /// The images that have names, in the order of the index.
    public func images() throws(Failure) -> [LayoutImage] {
        var images: [LayoutImage] = []
        for (name, top) in try entries() {
            guard let name else { continue }
            let contents = try contents(of: top)
            images.append(
                LayoutImage(
                    name: name, digest: top.digest, bytes: contents.present.reduce(0) { $0 + $1.size }, platforms: contents.platforms,
                    isWhole: contents.isWhole))
        }
        return images
    }

    /// Takes an image's name away, and the record of who may use it when nothing else is that image. Its content stays until garbage is
    /// collected.
    public func removeImage(_ name: String, until deadline: Int64, cancellation: Cancellation?) throws(Failure) {
        try records.withLock(until: deadline, cancellation: cancellation) { () throws(Failure) in
            let digest = try descriptor(named: name)?.digest
            try removeName(name, until: deadline, cancellation: cancellation)
            try records.forgetIntent(name)
            guard let digest, try !entries().contains(where: { $0.top.digest == digest }) else { return }
            try records.forget(imageRef: digest.description)
        }
    }

    /// Removes content that no image of the index needs, records of who has pulled it, and what interrupted downloads left; waits until
    /// nobody pulls into the layout.
    public func collectGarbage(until deadline: Int64, cancellation: Cancellation?) throws(Failure) -> Freed {
        let use = try use(alone: true, until: deadline, cancellation: cancellation)
        defer { use.end() }
        var freed = Freed()
        freed.files = try records.withLock(until: deadline, cancellation: cancellation) { () throws(Failure) in
            let images = try entries().map { (name: $0.name ?? "", imageRef: $0.top.digest.description) }
            return try records.prune(keeping: images, now: UTCTime(unixNanoseconds: SystemClocks().unixNanoseconds))
        }
        var needed: Set<ContentDigest> = []
        for (_, top) in try entries() {
            let contents = try contents(of: top)
            needed.formUnion((contents.present + contents.missing).map(\.digest))
        }
        do throws(SystemError) {
            for algorithm in ContentDigest.Algorithm.allCases where try blobs.entry(algorithm.rawValue) != nil {
                let folder = try blobs.folder(algorithm.rawValue)
                // What others keep here under other names is none of our business.
                for name in try folder.names() {
                    guard let digest = try? ContentDigest("\(algorithm.rawValue):\(name)"), !needed.contains(digest) else { continue }
                    try Self.free(name, in: folder, into: &freed)
                }
            }
            for name in try ingest.names() { try Self.free(name, in: ingest, into: &freed) }
            return freed
        } catch { throw Self.failure(error, attempting: "collecting garbage") }
    }

    private static func free(_ name: String, in folder: borrowing Folder, into freed: inout Freed) throws(SystemError) {
        guard let entry = try folder.entry(name), entry.isRegularFile else { return }
        try folder.remove(name)
        freed.files += 1
        freed.bytes += entry.size
    }

    /// Reads everything that the images need and compares it with its digests.
    ///
    /// - Parameters:
    ///   - removesDamaged: Whether wrong content is removed, so that the next pull fetches it again.
    ///   - onChecked: Told the bytes of each thing that has been read.
    public func verify(
        removingDamaged removesDamaged: Bool = false, until deadline: Int64, cancellation: Cancellation?, onChecked: (Int64) -> Void
    ) throws(Failure) -> [Damage] {
        let use = try use(until: deadline, cancellation: cancellation)
        defer { use.end() }
        var damages: [Damage] = []
        var verdicts: [ContentDigest: Bool] = [:]
        for (name, top) in try entries() {
            let image = name ?? top.digest.description
            let contents = try contents(of: top)
            for blob in contents.missing { damages.append(Damage(image: image, digest: blob.digest, isMissing: try !contains(blob))) }
            for blob in contents.present {
                if cancellation?.isCancelled == true {
                    throw Failure(.cancelled, attempting: "verifying the image layout", on: path, reason: "it was cancelled")
                }
                if verdicts[blob.digest] == nil {
                    verdicts[blob.digest] = try isIntact(blob)
                    onChecked(blob.size)
                }
                if verdicts[blob.digest] == false { damages.append(Damage(image: image, digest: blob.digest, isMissing: false)) }
            }
        }
        guard removesDamaged else { return damages }
        do throws(SystemError) {
            for damage in damages where !damage.isMissing { try folder(of: damage.digest).remove(damage.digest.hex) }
        } catch { throw Self.failure(error, attempting: "removing damaged content") }
        return damages
    }

    private func isIntact(_ blob: Descriptor) throws(Failure) -> Bool {
        do throws(SystemError) {
            var hasher = ContentHasher(blob.digest.algorithm)
            try folder(of: blob.digest).open(blob.digest.hex, flags: O_RDONLY).readPieces(of: 1 << 20) { piece in
                hasher.update(piece)
                return true
            }
            return hasher.finish() == blob.digest
        } catch { throw Self.failure(error, attempting: "verifying the image layout") }
    }

    /// What the index lists, named or not.
    private func entries() throws(Failure) -> [(name: String?, top: Descriptor)] {
        guard let index = try readIndex() else { return [] }
        var entries: [(String?, Descriptor)] = []
        for node in try index.root.asObject().optionalArray("manifests") ?? [] {
            entries.append((Self.name(of: node), try Descriptor(node.asObject())))
        }
        return entries
    }
}
