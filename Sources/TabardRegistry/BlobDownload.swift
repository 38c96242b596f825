import TabardCore
import TabardHTTP
import TabardSystem

/// Brings one blob from a registry into a layout, over one connection, and over several where that is faster.
///
/// The calling thread fetches all the time. While a single connection limits it, others help: they take parts from behind, which the main
/// connection then no longer reads. Whatever becomes of them, what they leave falls back to the main one.
final class BlobDownload: Sendable {
    /// When further connections are tried (docs/decisions/0019-layers-in-parts.md).
    struct Splitting: Sendable {
        var growth = ConnectionGrowth.Rules()
        var sizes = PartQueue.Sizes()
        /// With fewer bytes to come another connection is not worth its beginning.
        var minimumRest: Int64 = 32 << 20
    }

    struct State {
        var queue: PartQueue
        var growth: ConnectionGrowth
        /// The connections that give bytes.
        var giving = 0
        var helpers = 0
        var threads: [WorkerThread] = []
        var isEnding = false
        /// Whether the server has said that it gives parts.
        var givesParts = false
        /// What the server calls the version that the main connection gets (RFC 9110, section 8.8.3), where it is a strong tag.
        var version: String?
        /// Whether parts came over several connections.
        var wasSplit = false
    }

    let ingest: BlobIngest
    let session: RegistrySession
    let image: String
    let deadline: Int64
    let slots: TransferSlots
    let splitting: Splitting
    /// Told the number of bytes that each piece adds, on any thread; what it throws ends the download, and the pieces stay.
    let onProgress: @Sendable (Int) throws(Failure) -> Void
    let state: Monitor<State>
    let helpersEnd = Cancellation()

    init(
        _ ingest: BlobIngest, from session: RegistrySession, image: String, until deadline: Int64, slots: TransferSlots,
        splitting: Splitting = Splitting(), onProgress: @escaping @Sendable (Int) throws(Failure) -> Void
    ) {
        self.ingest = ingest
        self.session = session
        self.image = image
        self.deadline = deadline
        self.slots = slots
        self.splitting = splitting
        self.onProgress = onProgress
        state = Monitor(State(queue: PartQueue(missing: ingest.gaps, splitting.sizes), growth: ConnectionGrowth(splitting.growth)))
    }

    var digest: String { ingest.descriptor.digest.description }

    /// Fetches what is missing and checks it. Content that differs from what was promised is removed.
    func run() throws(Failure) {
        // A file that a power cut left may hold anything, and servers may mix up parts: then once more from the start, in one piece.
        var mayBeMended = ingest.count > 0
        while true {
            do throws(Failure) {
                try fetchPersistently()
                return try ingest.check()
            } catch {
                guard error.code == .corrupted else { throw error }
                guard mayBeMended || state.read({ $0.wasSplit }) else {
                    ingest.discard()
                    throw error
                }
                mayBeMended = false
                try restart()
                state.withLock {
                    $0.wasSplit = false
                    $0.growth.settle(at: 1)
                }
            }
        }
    }

    private func fetchPersistently() throws(Failure) {
        defer { endHelpers() }
        try session.persistently(until: deadline, progress: { ingest.count }) { () throws(Failure) in
            while try fetchNext() {}
        }
    }

    /// Begins again with nothing, alone.
    private func restart() throws(Failure) {
        endHelpers()
        try ingest.restart()
        state.withLock { $0.queue = PartQueue(missing: ingest.gaps, splitting.sizes) }
    }

    /// - Returns: Whether there may be more.
    private func fetchNext() throws(Failure) -> Bool {
        if let part = state.withLock({ $0.queue.claim(sharing: 1 + $0.helpers) }) {
            session.context.pace.wait(for: session.endpoint.base.origin, until: deadline, cancellation: session.context.cancellation)
            try fetch(part)
        } else if state.read({ $0.queue.hasActive }) {
            try waitForHelpers()
        } else {
            return false
        }
        return true
    }

    /// Waits until a helper has ended or gives something up.
    private func waitForHelpers() throws(Failure) {
        // Bytes wake nobody, and the cancellation cannot: so there is a look at it from time to time.
        let soon = SystemClocks().monotonicNanoseconds + 50_000_000
        _ = state.wait(until: soon) { $0.queue.hasWaiting || !$0.queue.hasActive ? true : nil }
        if session.context.cancellation?.isCancelled == true {
            throw Failure(.cancelled, attempting: "downloading content", on: digest, reason: "the pull was cancelled")
        }
        if session.context.clocks.monotonicNanoseconds >= deadline {
            throw Failure(.timedOut, attempting: "downloading content", on: digest, reason: "the deadline passed")
        }
    }

    /// Fetches one part over the main connection, or the beginning of it that is left when helpers have taken the rest.
    private func fetch(_ claimed: PartQueue.Part) throws(Failure) {
        var part = claimed
        let size = ingest.descriptor.size
        let request = try request(part.range == 0..<size ? nil : Self.field(part.range, isOpen: part.range.upperBound == size))
        var reading = PartReading()
        defer {
            reading.end(in: state)
            state.update { $0.queue.release(part.number) }
        }
        let answer: RegistrySession.Answer
        do throws(Failure) {
            answer = try session.exchange(
                request, until: deadline, isSuccess: { $0 == 200 || $0 == 206 },
                onHead: { (head) throws(Failure) in
                    if try ContentRange.accept(head, at: part.range.lowerBound, of: digest) == .restart, ingest.count > 0 {
                        try restart()
                        if let whole = state.withLock({ $0.queue.claim(sharing: 1) }) { part = whole }
                    }
                    note(head)
                },
                onBytes: { (bytes) throws(Failure) in
                    try receive(bytes, for: part, &reading)
                    try growIfWorthIt()
                })
        } catch {
            // What follows belongs to others by now: the connection ends, for it would bring it all the same.
            guard reading.isCutShort else { throw error }
            return
        }
        try judge(answer, left: state.read { $0.queue.rest(of: part.number) })
    }

    private func note(_ head: HTTPResponseHead) {
        let units = head.headers.first("accept-ranges")?.lowercased()
        state.withLock { state in
            state.givesParts = head.status == 206 && units != "none" || units == "bytes"
            state.version = Self.version(head)
        }
    }

    private func judge(_ answer: RegistrySession.Answer, left: Range<Int64>) throws(Failure) {
        let isElsewhere = answer.url.origin != session.endpoint.base.origin
        switch answer.head.status {
        case 200, 206:
            guard left.isEmpty else {
                throw Failure(
                    .unavailable, attempting: "downloading content", on: digest,
                    reason: "only \(ingest.count) of \(ingest.descriptor.size) bytes arrived",
                    advice: "the registry or a proxy cuts answers short; what arrived is kept for the next try",
                    source: session.endpoint.registry)
            }
        case 416:
            let failure = Failure(
                .unavailable, attempting: "downloading content", on: digest,
                reason: "the registry has nothing after byte \(left.lowerBound)", source: session.endpoint.registry, httpStatus: 416)
            try restart()
            throw failure
        case 400 where isElsewhere, 401 where isElsewhere, 403 where isElsewhere:
            // A signed address has expired on its way through the queue: the registry gives a new one.
            throw Failure(
                .unavailable, attempting: "downloading content", on: answer.url.redacted,
                reason: "the storage server refused its own address",
                source: session.endpoint.registry, httpStatus: answer.head.status)
        default: throw session.refusal(answer, attempting: "downloading content", on: "\(image) \(digest)")
        }
    }

    // MARK: For all connections

    /// A request for a part; without a `field` it is for all.
    func request(_ field: String?) throws(Failure) -> HTTPRequest {
        var request = HTTPRequest(
            url: try session.endpoint.url("blobs", repository: session.repository, reference: digest),
            stallTimeout: session.context.stallTimeout)
        if let field { request.headers.add("Range", field) }
        return request
    }

    static func field(_ part: Range<Int64>, isOpen: Bool) -> String {
        "bytes=\(part.lowerBound)-\(isOpen ? "" : String(part.upperBound - 1))"
    }

    static func version(_ head: HTTPResponseHead) -> String? {
        guard let tag = head.headers.first("etag"), !tag.hasPrefix("W/") else { return nil }
        return tag
    }

    /// Puts bytes of a part, as it was claimed, where they belong.
    func receive(_ bytes: UnsafeRawBufferPointer, for part: PartQueue.Part, _ reading: inout PartReading) throws(Failure) {
        reading.begin(in: state)
        let (range, rest) = state.withLock { ($0.queue.take(bytes.count, of: part.number), $0.queue.rest(of: part.number)) }
        let count = Int(range.upperBound - range.lowerBound)
        if count > 0 {
            try ingest.append(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: range.lowerBound)
            try onProgress(count)
        }
        // The rest belongs to others, or the server sends on behind the part.
        let isElsewhere = rest.upperBound < part.range.upperBound || rest.upperBound < ingest.descriptor.size && count < bytes.count
        if rest.isEmpty, isElsewhere {
            reading.isCutShort = true
            throw Failure(.cancelled, attempting: "downloading content", reason: "another connection has the rest")
        }
        guard count == bytes.count else {
            throw ingest.mismatch("the registry sends more than the \(ingest.descriptor.size) bytes that the manifest promises")
        }
    }
}

/// What one connection has come to in its part.
struct PartReading {
    /// Whether it ended because another connection has the rest.
    var isCutShort = false
    private var isGiving = false

    /// Bytes have come.
    mutating func begin(in state: Monitor<BlobDownload.State>) {
        if isGiving { return }
        isGiving = true
        state.withLock { $0.giving += 1 }
    }

    /// No more are coming.
    mutating func end(in state: Monitor<BlobDownload.State>) {
        if isGiving { state.withLock { $0.giving -= 1 } }
        isGiving = false
    }
}
