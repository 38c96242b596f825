import TabardSystem

/// Brings blobs that are whole to disk and into place, beside the downloads.
///
/// A connection whose blob waits for the disk could fetch the next one; and what many threads want on disk at the same moment, a journalling
/// file system commits in one go. Where the disk answers at once, as in memory, no other thread is bothered
/// (docs/decisions/0018-blobs-reach-the-disk.md).
final class BlobSettling: Sendable {
    private struct State {
        var waiting: [BlobIngest] = []
        var threads: [WorkerThread] = []
        /// Those of `threads` that have nothing to do.
        var idle = 0
        var isClosed = false
        /// How long the last blob took, in nanoseconds.
        var last: Int64 = 0
    }

    /// More blobs at the same time bring nothing more.
    private static let maximumThreads = 12
    /// A disk that takes no longer, in nanoseconds, is not worth waking a thread.
    private static let quick: Int64 = 200_000

    private let state = Monitor(State())
    private let clocks: any Clocks
    private let body: @Sendable (BlobIngest) -> Void

    /// - Parameter body: Settles one blob and says how it went. Called from several threads.
    init(clocks: any Clocks, _ body: @escaping @Sendable (BlobIngest) -> Void) {
        self.clocks = clocks
        self.body = body
    }

    /// Settles the blob, now or soon.
    func add(_ blob: BlobIngest) {
        enum Way {
            case here
            case queued
            case withNewThread
        }
        let way = state.update { state -> Way in
            if state.last <= Self.quick || state.idle <= state.waiting.count && state.threads.count >= Self.maximumThreads { return .here }
            state.waiting.append(blob)
            return state.idle >= state.waiting.count ? .queued : .withNewThread
        }
        switch way {
        case .queued: return
        case .here: settle(blob)
        case .withNewThread:
            // Where no thread can be had, `finish` does its work.
            guard let thread = try? WorkerThread({ self.work() }) else { return }
            state.withLock { $0.threads.append(thread) }
        }
    }

    /// Returns when everything is settled.
    func finish() {
        let threads = state.update { state in
            state.isClosed = true
            defer { state.threads = [] }
            return state.threads
        }
        while let blob = state.withLock({ $0.waiting.popLast() }) { settle(blob) }
        for thread in threads { thread.join() }
    }

    private func settle(_ blob: BlobIngest) {
        let start = clocks.monotonicNanoseconds
        body(blob)
        let end = clocks.monotonicNanoseconds
        state.withLock { $0.last = end - start }
    }

    private func work() {
        while true {
            state.withLock { $0.idle += 1 }
            let blob = state.wait(until: nil) { state -> BlobIngest?? in
                if let blob = state.waiting.popLast() {
                    state.idle -= 1
                    return blob
                }
                return state.isClosed ? .some(nil) : nil
            }
            guard let blob = blob ?? nil else { return }
            settle(blob)
        }
    }
}
