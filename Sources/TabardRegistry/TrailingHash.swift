import Glibc
import TabardCore
import TabardSystem

/// Hashes a file on a thread of its own, close behind whoever appends to it.
///
/// It gets the bytes from memory, and whoever appends waits for a buffer while it is that close. What an earlier run left, and what comes
/// while it is busy with that, it reads from the page cache, and nobody waits.
final class TrailingHash: Sendable {
    private struct Piece: Sendable {
        let start: Int64
        var bytes: [UInt8]

        var end: Int64 { start + Int64(bytes.count) }
    }

    private struct State {
        /// How many bytes may be read from the file; never more than what is before `filling`.
        var written: Int64
        /// Pieces in memory, in the order of the file, none of them hashed.
        var ready: [Piece] = []
        /// The piece that the next bytes belong to.
        var filling: Piece?
        /// How many pieces are in memory and not hashed yet, `filling` aside.
        var held = 0
        /// Whether everything that comes next to be hashed is in memory.
        var isClose: Bool
        var isWhole = false
        var isGivenUp = false
        var outcome: Result<ContentDigest, SystemError>?

        mutating func close() {
            guard let piece = filling.take() else { return }
            written = piece.end
            ready.append(piece)
            held += 1
        }
    }

    private enum Step {
        case hash(Piece)
        case read(to: Int64)
        case finish
        case stop
    }

    /// Fewer new bytes than this wake nobody.
    static let piece = Int64(PieceBuffers.size)

    private let state: Monitor<State>
    private let buffers: PieceBuffers
    private let thread: WorkerThread

    /// Begins at the start of the file.
    ///
    /// - Parameters:
    ///   - number: The descriptor of the file, open for as long as this value lives.
    ///   - written: How many bytes are in it.
    init(
        _ number: Int32, written: Int64, _ algorithm: ContentDigest.Algorithm, _ buffers: PieceBuffers
    ) throws(SystemError) {
        let state = Monitor(State(written: written, isClose: written == 0))
        self.state = state
        self.buffers = buffers
        thread = try WorkerThread {
            let outcome: Result<ContentDigest, SystemError>
            do throws(SystemError) {
                guard let digest = try Self.follow(number, state, buffers, ContentHasher(algorithm)) else { return }
                outcome = .success(digest)
            } catch { outcome = .failure(error) }
            state.update { $0.outcome = outcome }
        }
    }

    deinit {
        state.update { $0.isGivenUp = true }
        thread.join()
        let unused = state.withLock { state in
            state.close()
            defer { state.ready = [] }
            return state.ready
        }
        for piece in unused { buffers.give(piece.bytes) }
    }

    /// Tells of bytes that were written behind all others. One thread at a time, in their order.
    ///
    /// - Parameters:
    ///   - bytes: What is at `offset` now, where the bytes before have ended.
    ///   - written: How many bytes the file has from its start: more than up to the end of `bytes` where they have closed a gap.
    func append(_ bytes: UnsafeRawBufferPointer, at offset: Int64, written: Int64) {
        var rest = bytes
        var position = offset
        while !rest.isEmpty {
            let kept = state.withLock { $0.filling.take() }
            guard var piece = kept ?? newPiece(at: position) else { break }
            let count = min(rest.count, PieceBuffers.size - piece.bytes.count)
            piece.bytes.append(contentsOf: rest[..<count])
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            position += Int64(count)
            let filled = piece
            if filled.bytes.count == PieceBuffers.size {
                state.update { state in
                    state.filling = filled
                    state.close()
                }
            } else {
                state.withLock { $0.filling = filled }
            }
        }
        // The hash comes to these through the file.
        guard position < written else { return }
        let isWorthIt = state.withLock { state in
            state.close()
            return written - state.written >= Self.piece
        }
        if isWorthIt { state.update { $0.written = written } }
    }

    /// - Returns: nil where the hash should come to these bytes through the file.
    private func newPiece(at position: Int64) -> Piece? {
        while true {
            let held = state.read { $0.held }
            if let buffer = buffers.take() { return Piece(start: position, bytes: buffer) }
            // Running ahead of it now would make it read the file, which takes longer, and it is what the end waits for.
            let isFreed = state.wait(until: nil) { state -> Bool? in
                if state.held < held { return true }
                return !state.isClose || state.held == 0 || state.outcome != nil ? false : nil
            }
            guard isFreed == true else { return nil }
        }
    }

    /// The digest of the first `written` bytes, when all of them are hashed.
    func finish(at written: Int64) throws(SystemError) -> ContentDigest {
        state.update { state in
            state.close()
            state.written = written
            state.isWhole = true
        }
        // Nothing but the disk is waited for.
        guard let outcome = state.wait(until: nil, for: { $0.outcome }) else { throw SystemError("read", number: EIO) }
        return try outcome.get()
    }

    private static func next(_ state: inout State, at offset: Int64) -> Step? {
        if state.isGivenUp { return .stop }
        if let piece = state.ready.first, piece.start == offset {
            state.isClose = true
            return .hash(state.ready.removeFirst())
        }
        let end = state.ready.first?.start ?? state.written
        let isWorthIt = end - offset >= piece || end > offset && (state.isWhole || !state.ready.isEmpty)
        // In steps, so that giving up does not wait for a gigabyte.
        if isWorthIt {
            state.isClose = false
            return .read(to: min(end, offset + 16 * piece))
        }
        return state.isWhole ? .finish : nil
    }

    /// - Returns: nil when nobody wants the digest any more.
    private static func follow(
        _ number: Int32, _ state: Monitor<State>, _ buffers: PieceBuffers, _ hasher: consuming ContentHasher
    ) throws(SystemError) -> ContentDigest? {
        var own: [UInt8] = []
        var offset: Int64 = 0
        var synced: Int64 = 0
        while true {
            switch state.wait(until: nil, for: { next(&$0, at: offset) }) {
            case .hash(let piece)?:
                piece.bytes.withUnsafeBytes { hasher.update($0) }
                offset = piece.end
                buffers.give(piece.bytes)
                state.update { $0.held -= 1 }
            case .read(let end)?:
                if own.isEmpty { own = [UInt8](repeating: 0, count: PieceBuffers.size / 2) }
                while offset < end {
                    let count = pread(number, &own, min(own.count, Int(end - offset)), off_t(offset))
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { throw count < 0 ? SystemError("read") : SystemError("read", number: EIO) }
                    own.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                    offset += Int64(count)
                }
            case .finish?: return hasher.finish()
            case .stop?, nil: return nil
            }
            // The kernel would begin only when memory fills, and the end would wait for all of it.
            if offset - synced >= 16 * piece {
                FileDescriptor.startSync(number, at: synced, count: offset - synced)
                synced = offset
            }
        }
    }
}
