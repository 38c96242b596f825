import TabardSystem

/// How many connections the blobs of an image may use together.
final class TransferSlots: Sendable {
    private let free: Monitor<Int>

    init(_ count: Int) { free = Monitor(count) }

    /// Takes one, if there is one left.
    func take() -> Bool {
        free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    /// Gives one back.
    func give() { free.withLock { $0 += 1 } }
}
