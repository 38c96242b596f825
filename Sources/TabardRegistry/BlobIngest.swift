import Glibc
import TabardCore
import TabardSystem

/// Content on its way into a layout: `ingest/<algorithm>-<hex>`, locked by whoever downloads it.
///
/// The file outlives a killed process and is continued by the next one, with its bytes hashed again. Two processes that want
/// the same content share one download: the second waits for the lock and then finds the content in place. Several threads may append.
final class BlobIngest: Sendable {
    let descriptor: Descriptor
    let layout: OCILayout
    private let name: String
    private let file: FileDescriptor
    private let buffers: PieceBuffers

    private struct State {
        /// What is written.
        var arrived = ByteRanges()
        /// Whether a map behind the content says what is written, because it comes in parts.
        var hasMap = false
        /// Hashes small content on the thread that writes it.
        var hasher: ContentHasher
        /// Hashes large content beside that thread; nil for small content, or where no thread can be had.
        var trailingHash: TrailingHash?
    }

    private let state: Monitor<State>

    /// Below this a second thread costs more than it gives: the layers of an image are fetched side by side already.
    static let trailingThreshold: Int64 = 16 << 20

    /// Begins or continues the content, waiting for another process that has begun it.
    ///
    /// - Parameter buffers: Shared with other content that is hashed beside its download.
    /// - Returns: nil when the content is in place already.
    static func begin(
        _ descriptor: Descriptor, in layout: OCILayout, buffers: PieceBuffers, until deadline: Int64, cancellation: Cancellation?
    ) throws(Failure) -> BlobIngest? {
        if try layout.contains(descriptor) { return nil }
        let name = "\(descriptor.digest.algorithm.rawValue)-\(descriptor.digest.hex)"
        do throws(SystemError) {
            while true {
                let file = try layout.ingest.open(name, flags: O_RDWR | O_CREAT, mode: 0o644)
                try file.lock(until: deadline, cancellation: cancellation)
                // Whoever had the lock has renamed the file into place, or given it up.
                guard try file.isStill(name, in: layout.ingest) else { continue }
                // It may have come into place between our look and our opening, which made a new file then.
                if try layout.holds(descriptor) {
                    try layout.ingest.remove(name)
                    return nil
                }
                return try BlobIngest(descriptor, layout, name, file, buffers)
            }
        } catch { throw layout.failure(error) }
    }

    // The other thread reads from the file: it ends before the file is closed.
    deinit { endHash() }

    private init(
        _ descriptor: Descriptor, _ layout: OCILayout, _ name: String, _ file: consuming FileDescriptor, _ buffers: PieceBuffers
    ) throws(SystemError) {
        self.descriptor = descriptor
        self.layout = layout
        self.name = name
        self.file = file
        self.buffers = buffers
        state = Monitor(State(hasher: ContentHasher(descriptor.digest.algorithm)))
        try begin()
    }

    /// How many bytes are written.
    var count: Int64 { state.read { $0.arrived.count } }
    /// Whether all promised bytes are here.
    var isComplete: Bool { state.read { $0.arrived.prefix } == descriptor.size }
    /// What is missing.
    var gaps: [Range<Int64>] { state.read { $0.arrived }.gaps(before: descriptor.size) }

    /// Goes on from what is in the file.
    private func begin() throws(SystemError) {
        let size = try file.size
        var new = State(arrived: ByteRanges(prefix: size), hasher: ContentHasher(descriptor.digest.algorithm))
        if size > descriptor.size {
            // More than was promised is no beginning of it, unless a map says what is.
            let map = try readMap(size)
            new.hasMap = map != nil
            new.arrived = map ?? ByteRanges()
            if map == nil { try file.resize(to: 0) }
        }
        if descriptor.size >= Self.trailingThreshold {
            new.trailingHash = try? TrailingHash(file.number, written: new.arrived.prefix, descriptor.digest.algorithm, buffers)
        }
        if new.trailingHash == nil {
            // Without that thread bytes are hashed as they come, so those behind a gap are of no use.
            new.arrived = ByteRanges(prefix: new.arrived.prefix)
            new.hasMap = false
            try file.resize(to: new.arrived.prefix)
            try file.readPieces(of: 1 << 20) { piece in
                new.hasher.update(piece)
                return true
            }
        }
        let begun = new
        state.withLock { $0 = begun }
    }

    private func readMap(_ size: Int64) throws(SystemError) -> ByteRanges? {
        let offset = ByteRanges.mapOffset(size: descriptor.size)
        guard size > offset, size <= offset + Int64(ByteRanges.mapSize) else { return nil }
        return ByteRanges(map: try file.content(at: offset, count: Int(size - offset)), size: descriptor.size)
    }

    private func endHash() {
        // Its end waits for its thread, which is nothing to do under the lock.
        _ = state.withLock { state in
            defer { state.trailingHash = nil }
            return state.trailingHash
        }
    }

    /// Begins again with nothing. Nobody may append meanwhile.
    func restart() throws(Failure) {
        endHash()
        do throws(SystemError) {
            try file.resize(to: 0)
            try begin()
        } catch { throw layout.failure(error) }
    }

    /// From now on bytes may be appended in any order.
    ///
    /// - Returns: Whether that is so: content that is hashed as it comes has to come in its order.
    func allowParts() throws(Failure) -> Bool {
        do throws(SystemError) {
            return try state.withLock { state throws(SystemError) in
                guard state.trailingHash != nil else { return false }
                if !state.hasMap { try write(state.arrived) }
                state.hasMap = true
                return true
            }
        } catch { throw layout.failure(error) }
    }

    private func write(_ arrived: ByteRanges) throws(SystemError) {
        let outcome = arrived.map.withUnsafeBytes { bytes -> Result<Void, SystemError> in
            do throws(SystemError) {
                return .success(try file.writeAll(bytes, at: ByteRanges.mapOffset(size: descriptor.size)))
            } catch { return .failure(error) }
        }
        try outcome.get()
    }

    /// Writes bytes that belong to `position`, which without `allowParts` is where the bytes here end. More than the descriptor promises is
    /// refused at once.
    func append(_ bytes: UnsafeRawBufferPointer, at position: Int64) throws(Failure) {
        let end = position + Int64(bytes.count)
        guard end <= descriptor.size else {
            throw mismatch("the registry sends more than the \(descriptor.size) bytes that the manifest promises")
        }
        do throws(SystemError) {
            try file.writeAll(bytes, at: position)
            try state.withLock { state throws(SystemError) in
                let isNext = position == state.arrived.prefix
                state.arrived.insert(position..<end)
                // After the bytes that it tells of.
                if state.hasMap { try write(state.arrived) }
                guard let trailingHash = state.trailingHash else { return state.hasher.update(bytes) }
                if isNext { trailingHash.append(bytes, at: position, written: state.arrived.prefix) }
            }
        } catch { throw layout.failure(error) }
    }

    /// Checks size and digest.
    ///
    /// - Throws: `.corrupted` when they differ from what was promised; then `restart` or `discard`.
    func check() throws(Failure) {
        guard isComplete else { throw mismatch("only \(count) of \(descriptor.size) bytes arrived") }
        let (hasher, trailingHash) = state.read { ($0.hasher, $0.trailingHash) }
        let digest: ContentDigest
        do throws(SystemError) { digest = try trailingHash?.finish(at: descriptor.size) ?? hasher.finish() } catch {
            throw layout.failure(error)
        }
        guard digest == descriptor.digest else { throw mismatch("the bytes that arrived have the digest \(digest)") }
    }

    /// Brings the bytes, which have been checked, to disk and puts them into place.
    func settle() throws(Failure) {
        do throws(SystemError) {
            if state.read({ $0.hasMap }) { try file.resize(to: descriptor.size) }
            try file.sync(name)
            try layout.ingest.move(name, to: layout.folder(of: descriptor.digest), as: descriptor.digest.hex)
        } catch { throw layout.failure(error) }
    }

    /// Removes what is here; the lock stays until this value goes.
    func discard() {
        try? layout.ingest.remove(name)
    }

    func mismatch(_ reason: String) -> Failure {
        Failure(
            .corrupted, attempting: "downloading content", on: descriptor.digest.description, reason: reason,
            advice: "nothing was kept; if it happens again, a proxy or the registry alters content")
    }
}
