import TabardSystem

/// Memory for pieces of downloads on their way to the hashes beside them.
///
/// Shared by all downloads of an image: who gets none reads its file again, which costs only time, so many need no more memory than one.
final class PieceBuffers: Sendable {
    /// Of one piece, in bytes.
    static let size = 512 << 10

    private struct State {
        var free: [[UInt8]] = []
        /// How many there may be beside those that are or were in use.
        var unborn: Int
    }

    private let state: Monitor<State>

    /// - Parameter count: The most that are in use at a time.
    init(count: Int = 4) { state = Monitor(State(unborn: count)) }

    /// An empty buffer with room for a piece, or nil where all are in use; to be given back.
    func take() -> [UInt8]? {
        state.withLock { state in
            if var buffer = state.free.popLast() {
                buffer.removeAll(keepingCapacity: true)
                return buffer
            }
            guard state.unborn > 0 else { return nil }
            state.unborn -= 1
            var buffer: [UInt8] = []
            buffer.reserveCapacity(Self.size)
            return buffer
        }
    }

    /// Takes a buffer back.
    func give(_ buffer: [UInt8]) { state.withLock { $0.free.append(buffer) } }
}
