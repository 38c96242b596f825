import Glibc
import TabardCore
import TabardSystem

/// Content on its way into a layout: `ingest/<algorithm>-<hex>`, locked by whoever downloads it.
///
/// The file outlives a killed process and is continued by the next one, with its bytes hashed again. Two processes that want
/// the same content share one download: the second waits for the lock and then finds the content in place.
final class BlobIngest {
    let descriptor: Descriptor
    /// How many bytes are written.
    private(set) var offset: Int64
    let layout: OCILayout
    private let name: String
    private let file: FileDescriptor
    /// Hashes small content on the thread that writes it.
    private var hasher: ContentHasher
    /// Hashes large content beside that thread; nil for small content, or where no thread can be had.
    private var trailingHash: TrailingHash?
    /// What the other thread was told of.
    private var announced: Int64 = 0

    /// Below this a second thread costs more than it gives: the layers of an image are fetched side by side already.
    static let trailingThreshold: Int64 = 16 << 20

    /// Begins or continues the content, waiting for another process that has begun it.
    ///
    /// - Returns: nil when the content is in place already.
    static func begin(
        _ descriptor: Descriptor, in layout: OCILayout, until deadline: Int64, cancellation: Cancellation?
    ) throws(Failure) -> BlobIngest? {
        if try layout.contains(descriptor) { return nil }
        let name = "\(descriptor.digest.algorithm.rawValue)-\(descriptor.digest.hex)"
        do throws(SystemError) {
            while true {
                let file = try layout.ingest.open(name, flags: O_RDWR | O_CREAT, mode: 0o644)
                try OCILayout.waitForLock(file, until: deadline, cancellation: cancellation)
                // Whoever had the lock has renamed the file into place, or given it up.
                guard try file.isStill(name, in: layout.ingest) else { continue }
                // It may have come into place between our look and our opening, which made a new file then.
                if try layout.holds(descriptor) {
                    try layout.ingest.remove(name)
                    return nil
                }
                return try BlobIngest(descriptor, layout, name, file)
            }
        } catch { throw OCILayout.failure(error) }
    }

    // The other thread reads from the file: it ends before the file is closed.
    deinit { trailingHash = nil }

    private init(_ descriptor: Descriptor, _ layout: OCILayout, _ name: String, _ file: consuming FileDescriptor) throws(SystemError) {
        self.descriptor = descriptor
        self.layout = layout
        self.name = name
        self.file = file
        hasher = ContentHasher(descriptor.digest.algorithm)
        offset = 0
        try begin()
    }

    /// Goes on from what is in the file.
    private func begin() throws(SystemError) {
        hasher = ContentHasher(descriptor.digest.algorithm)
        trailingHash = nil
        offset = try file.size
        // More than was promised is no beginning of it.
        if offset > descriptor.size {
            try file.resize(to: 0)
            offset = 0
        }
        announced = offset
        if descriptor.size >= Self.trailingThreshold {
            trailingHash = try? TrailingHash(file.number, written: offset, descriptor.digest.algorithm)
        }
        if trailingHash == nil, offset > 0 { try rehash() }
    }

    private func rehash() throws(SystemError) {
        offset = 0
        try file.readPieces(of: 1 << 20) { piece in
            hasher.update(piece)
            offset += Int64(piece.count)
            return true
        }
    }

    /// Begins again with nothing.
    func restart() throws(Failure) {
        trailingHash = nil
        do throws(SystemError) {
            try file.resize(to: 0)
            try begin()
        } catch { throw OCILayout.failure(error) }
    }

    /// Appends bytes that follow those already here. More than the descriptor promises is refused at once.
    func append(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        guard offset + Int64(bytes.count) <= descriptor.size else {
            throw mismatch("the registry sends more than the \(descriptor.size) bytes that the manifest promises")
        }
        do throws(SystemError) { try file.writeAll(bytes, at: offset) } catch { throw OCILayout.failure(error) }
        offset += Int64(bytes.count)
        guard let trailingHash else { return hasher.update(bytes) }
        guard offset - announced >= TrailingHash.piece else { return }
        announced = offset
        trailingHash.advance(to: offset)
    }

    /// Whether all promised bytes are here.
    var isComplete: Bool { offset == descriptor.size }

    /// Checks size and digest, brings the bytes to disk and puts them into place.
    ///
    /// - Throws: `.corrupted` when they differ from what was promised; then `restart` or `discard`.
    func commit() throws(Failure) {
        guard isComplete else { throw mismatch("only \(offset) of \(descriptor.size) bytes arrived") }
        let digest: ContentDigest
        do throws(SystemError) { digest = try trailingHash?.finish(at: offset) ?? hasher.finish() } catch { throw OCILayout.failure(error) }
        guard digest == descriptor.digest else { throw mismatch("the bytes that arrived have the digest \(digest)") }
        do throws(SystemError) {
            try file.sync(name)
            try layout.ingest.move(name, to: layout.folder(of: descriptor.digest), as: descriptor.digest.hex)
        } catch { throw OCILayout.failure(error) }
    }

    /// Removes what is here; the lock stays until this value goes.
    func discard() {
        try? layout.ingest.remove(name)
    }

    private func mismatch(_ reason: String) -> Failure {
        Failure(
            .corrupted, attempting: "downloading content", on: descriptor.digest.description, reason: reason,
            advice: "nothing was kept; if it happens again, a proxy or the registry alters content")
    }
}
