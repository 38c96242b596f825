import TabardCore
import TabardSystem

/// Fetches the blobs of one image on several threads; the first failure ends all of them.
final class BlobTransfers: Sendable {
    private struct State {
        var next = 0
        var received: Int64 = 0
        /// What ends everything.
        var failure: Failure?
        /// What a mirror could not give, and why.
        var left: [Descriptor] = []
        var complaint: Failure?
        /// Whether the mirror is asked for nothing more.
        var isGivenUp = false
    }

    private let layout: OCILayout
    private let image: String
    private let deadline: Int64
    private let cancellation: Cancellation?
    private let onEvent: @Sendable (PullEvent) -> Void
    private let state = Monitor(State())
    private let splitting: BlobDownload.Splitting
    private let buffers = PieceBuffers()

    /// - Parameter splitting: When a blob is fetched over several connections.
    init(
        layout: OCILayout, image: String, deadline: Int64, cancellation: Cancellation?,
        splitting: BlobDownload.Splitting = BlobDownload.Splitting(), onEvent: @escaping @Sendable (PullEvent) -> Void
    ) {
        self.layout = layout
        self.image = image
        self.deadline = deadline
        self.cancellation = cancellation
        self.splitting = splitting
        self.onEvent = onEvent
    }

    /// Bytes that arrived.
    var receivedBytes: Int64 { state.withLock { $0.received } }

    /// Whether something has to be fetched.
    func lacksAny(of blobs: [Descriptor]) throws(Failure) -> Bool {
        for blob in blobs where try !layout.contains(blob) { return true }
        return false
    }

    /// Fetches all of `blobs`, at most `jobs` at a time, and returns when all are in place.
    func run(_ blobs: [Descriptor], jobs: Int, from session: RegistrySession) throws(Failure) {
        try run(blobs, jobs: jobs, from: session, isMirror: false)
    }

    /// Fetches what of `blobs` a mirror gives, and leaves the others in it. What has arrived of them is gone on from elsewhere.
    ///
    /// - Returns: Why the mirror did not give everything.
    func run(_ blobs: inout [Descriptor], jobs: Int, fromMirror session: RegistrySession) throws(Failure) -> Failure? {
        try run(blobs, jobs: jobs, from: session, isMirror: true)
        return state.update { state in
            blobs = state.left
            defer {
                state.left = []
                state.complaint = nil
                state.isGivenUp = false
            }
            return state.complaint
        }
    }

    private func run(_ blobs: [Descriptor], jobs: Int, from session: RegistrySession, isMirror: Bool) throws(Failure) {
        state.withLock { $0.next = 0 }
        let settling = BlobSettling(clocks: session.context.clocks) { self.settle($0) }
        // Those that no blob takes may help with a large one.
        let slots = TransferSlots(max(1, jobs))
        var threads: [WorkerThread] = []
        for _ in 1..<max(1, min(jobs, blobs.count)) where slots.take() {
            // Without another thread this one does all the work.
            let thread = try? WorkerThread {
                self.work(on: blobs, from: session, isMirror, slots, settling)
                slots.give()
            }
            guard let thread else {
                slots.give()
                break
            }
            threads.append(thread)
        }
        if slots.take() {
            work(on: blobs, from: session, isMirror, slots, settling)
            slots.give()
        }
        for thread in threads { thread.join() }
        settling.finish()
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    private func work(
        on blobs: [Descriptor], from session: RegistrySession, _ isMirror: Bool, _ slots: TransferSlots, _ settling: BlobSettling
    ) {
        while let blob = claim(from: blobs) {
            do throws(Failure) {
                if isMirror, state.withLock({ $0.isGivenUp }) {
                    state.withLock { $0.left.append(blob) }
                } else {
                    if let ingest = try fetch(blob, from: session, slots) { settling.add(ingest) }
                }
            } catch {
                let isOver = cancellation?.isCancelled == true || session.context.clocks.monotonicNanoseconds >= deadline
                state.withLock { state in
                    guard isMirror, !isOver, error.code != .local, error.code != .internalFault else {
                        if state.failure == nil { state.failure = error }
                        return
                    }
                    state.left.append(blob)
                    // One that lacks a layer or spoils one may have the others.
                    let isOfOne = [.notFound, .denied, .corrupted].contains(error.code)
                    if state.complaint == nil || !isOfOne { state.complaint = error }
                    if !isOfOne { state.isGivenUp = true }
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

    /// - Returns: The blob, whole and checked, or nil when it was in place already.
    private func fetch(_ blob: Descriptor, from session: RegistrySession, _ slots: TransferSlots) throws(Failure) -> BlobIngest? {
        guard let ingest = try BlobIngest.begin(blob, in: layout, buffers: buffers, until: deadline, cancellation: cancellation) else {
            onEvent(.present(blob.digest))
            return nil
        }
        if ingest.count > 0 { onEvent(.resumed(blob.digest, bytes: ingest.count)) }
        let download = BlobDownload(
            ingest, from: session, image: image, until: deadline, slots: slots, splitting: splitting
        ) { [self] (count) throws(Failure) in
            let isOver = state.withLock { state in
                state.received += Int64(count)
                return state.failure != nil
            }
            // Nobody reads this one: the first failure is told.
            if isOver { throw Failure(.cancelled, attempting: "downloading content", reason: "another part of the image failed") }
            onEvent(.progress(blob.digest, bytes: count))
        }
        try download.run()
        return ingest
    }

    private func settle(_ ingest: BlobIngest) {
        // What is whole in `ingest` waits there for the next run.
        guard state.withLock({ $0.failure == nil }) else { return }
        do throws(Failure) {
            try ingest.settle()
            onEvent(.finished(ingest.descriptor.digest))
        } catch {
            state.withLock { if $0.failure == nil { $0.failure = error } }
        }
    }
}
