import TabardCore
import TabardSystem

/// Fetches the blobs of one image on several threads; the first failure ends all of them.
final class BlobTransfers: Sendable {
    private struct State {
        var next = 0
        var received: Int64 = 0
        var failure: Failure?
    }

    private let session: RegistrySession
    private let layout: OCILayout
    private let image: String
    private let deadline: Int64
    private let cancellation: Cancellation?
    private let onEvent: @Sendable (PullEvent) -> Void
    private let state = Monitor(State())

    init(
        session: RegistrySession, layout: OCILayout, image: String, deadline: Int64, cancellation: Cancellation?,
        onEvent: @escaping @Sendable (PullEvent) -> Void
    ) {
        self.session = session
        self.layout = layout
        self.image = image
        self.deadline = deadline
        self.cancellation = cancellation
        self.onEvent = onEvent
    }

    /// Bytes that arrived.
    var receivedBytes: Int64 { state.withLock { $0.received } }

    /// Fetches all of `blobs`, at most `jobs` at a time, and returns when all are in place.
    func run(_ blobs: [Descriptor], jobs: Int) throws(Failure) {
        var threads: [WorkerThread] = []
        for _ in 1..<max(1, min(jobs, blobs.count)) {
            // Without another thread this one does all the work.
            guard let thread = try? WorkerThread({ self.work(on: blobs) }) else { break }
            threads.append(thread)
        }
        work(on: blobs)
        for thread in threads { thread.join() }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    private func work(on blobs: [Descriptor]) {
        while let blob = claim(from: blobs) {
            do throws(Failure) {
                try fetch(blob)
            } catch {
                state.withLock { state in
                    if state.failure == nil { state.failure = error }
                }
            }
        }
    }

    private func claim(from blobs: [Descriptor]) -> Descriptor? {
        state.withLock { state in
            guard state.failure == nil, state.next < blobs.count else { return nil }
            state.next += 1
            return blobs[state.next - 1]
        }
    }

    private func fetch(_ blob: Descriptor) throws(Failure) {
        guard let ingest = try BlobIngest.begin(blob, in: layout, until: deadline, cancellation: cancellation) else {
            onEvent(.present(blob.digest))
            return
        }
        try session.download(ingest, image: image, until: deadline) { (count) throws(Failure) in
            let isOver = state.withLock { state in
                state.received += Int64(count)
                return state.failure != nil
            }
            // Nobody reads this one: the first failure is told.
            if isOver { throw Failure(.cancelled, attempting: "downloading content", reason: "another part of the image failed") }
            onEvent(.progress(blob.digest, bytes: count))
        }
        onEvent(.finished(blob.digest))
    }
}
