import Glibc
import TabardCore
import TabardSystem

/// Hashes a file on a thread of its own, close behind whoever appends to it.
///
/// It reads what has been written from the page cache: so it needs one buffer however far behind it is, the network never waits for it, and
/// a file that an earlier run left is hashed while the rest arrives.
final class TrailingHash: Sendable {
    private struct State {
        var written: Int64
        var isWhole = false
        var isGivenUp = false
        var outcome: Result<ContentDigest, SystemError>?
    }

    private enum Step {
        case hash(to: Int64)
        case finish
        case stop
    }

    /// Fewer new bytes than this wake nobody.
    static let piece: Int64 = 512 << 10

    private let state: Monitor<State>
    private let thread: WorkerThread

    /// Begins at the start of the file.
    ///
    /// - Parameters:
    ///   - number: The descriptor of the file, open for as long as this value lives.
    ///   - written: How many bytes are in it.
    init(_ number: Int32, written: Int64, _ algorithm: ContentDigest.Algorithm) throws(SystemError) {
        let state = Monitor(State(written: written))
        self.state = state
        thread = try WorkerThread {
            let outcome: Result<ContentDigest, SystemError>
            do throws(SystemError) {
                guard let digest = try Self.follow(number, state, ContentHasher(algorithm)) else { return }
                outcome = .success(digest)
            } catch { outcome = .failure(error) }
            state.update { $0.outcome = outcome }
        }
    }

    deinit {
        state.update { $0.isGivenUp = true }
        thread.join()
    }

    /// Tells that the file has that many bytes now.
    func advance(to written: Int64) { state.update { $0.written = written } }

    /// The digest of the first `written` bytes, when all of them are hashed.
    func finish(at written: Int64) throws(SystemError) -> ContentDigest {
        state.update { state in
            state.written = written
            state.isWhole = true
        }
        // Nothing but the disk is waited for.
        guard let outcome = state.wait(until: nil, for: { $0.outcome }) else { throw SystemError("read", number: EIO) }
        return try outcome.get()
    }

    /// - Returns: nil when nobody wants the digest any more.
    private static func follow(
        _ number: Int32, _ state: Monitor<State>, _ hasher: consuming ContentHasher
    ) throws(SystemError) -> ContentDigest? {
        var buffer = [UInt8](repeating: 0, count: Int(piece) / 2)
        var offset: Int64 = 0
        while true {
            let step = state.wait(until: nil) { state -> Step? in
                if state.isGivenUp { return .stop }
                let isWorthIt = state.written - offset >= piece || state.isWhole && state.written > offset
                // In steps, so that giving up does not wait for a gigabyte.
                if isWorthIt { return .hash(to: min(state.written, offset + 16 * piece)) }
                return state.isWhole ? .finish : nil
            }
            switch step {
            case .hash(let end)?:
                let start = offset
                while offset < end {
                    let count = pread(number, &buffer, min(buffer.count, Int(end - offset)), off_t(offset))
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { throw count < 0 ? SystemError("read") : SystemError("read", number: EIO) }
                    buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                    offset += Int64(count)
                }
                // The kernel would begin only when memory fills, and the end would wait for all of it.
                FileDescriptor.startSync(number, at: start, count: end - start)
            case .finish?: return hasher.finish()
            case .stop?, nil: return nil
            }
        }
    }
}
