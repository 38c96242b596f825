import TabardCore
import TabardSystem

/// Where the parts of one image come from: its mirrors in their order, and last its own registry.
///
/// Every place is asked with what is meant for it alone, and only once it is needed. Whatever a mirror sends, the digests decide.
struct PullSources {
    private let puller: ImagePuller
    private let context: RegistrySession.Context
    private let deadline: Int64
    private let onEvent: @Sendable (PullEvent) -> Void
    private let upstream: ImageSource
    private var mirrors: ArraySlice<ImageSource>
    private var upstreamSession: RegistrySession?
    private var passed: [String] = []
    /// The one that is asked now; nil before the first.
    private var current: RegistrySession?
    /// The registries of the mirrors that were asked for content, in their order.
    private(set) var usedMirrors: [String] = []
    /// The one that said what the image's name stands for.
    private var resolver: RegistrySession?

    init(
        _ upstream: ImageSource, mirrors: [ImageSource], puller: ImagePuller, context: RegistrySession.Context, until deadline: Int64,
        onEvent: @escaping @Sendable (PullEvent) -> Void
    ) {
        self.upstream = upstream
        self.mirrors = mirrors[...]
        self.puller = puller
        self.context = context
        self.deadline = deadline
        self.onEvent = onEvent
    }

    /// Reads what the image's name stands for.
    ///
    /// - Parameter fromMirrors: Whether a mirror's word counts. It may be an old one.
    mutating func resolve(fromMirrors: Bool) throws(Failure) -> Manifest {
        defer { resolver = current }
        if fromMirrors, let manifest = try nextMirror(at: nil) { return manifest }
        return try openUpstream(upstream.image)
    }

    /// Where the credential came from that the image's name was read with.
    var credential: Origin? { resolver?.usedCredential }

    /// The credential that says who may use the image: that which its name was read with, unless anybody may read the name and it is content
    /// that is guarded. nil when nobody wanted one.
    var opener: AuthEntry? {
        let used = [resolver, upstreamSession, current].compactMap { session in session?.usedCredential == nil ? nil : session?.entry }
        return used.first { $0.owner != .node } ?? used.first
    }

    /// Reads a manifest that the image with the digest `top` names.
    mutating func manifest(_ descriptor: Descriptor, of top: ContentDigest) throws(Failure) -> Manifest {
        while true {
            let session = try session(for: top)
            do throws(Failure) {
                return try session.manifest(
                    descriptor.digest.description, expected: descriptor.digest, contentType: descriptor.mediaType,
                    image: upstream.image.description, until: deadline)
            } catch {
                guard isMirror(session) else { throw error }
                try pass(session.endpoint.registry, error)
                current = nil
            }
        }
    }

    /// Fetches all of `blobs` of the image with the digest `top`.
    mutating func fetch(_ blobs: [Descriptor], of top: ContentDigest, with transfers: BlobTransfers, jobs: Int) throws(Failure) {
        var left = blobs
        // An image that is here already is worth no question to a mirror.
        if !mirrors.isEmpty, let session = current, !isMirror(session), try transfers.lacksAny(of: blobs) { current = nil }
        while true {
            let session = try session(for: top)
            guard isMirror(session) else { return try transfers.run(left, jobs: jobs, from: session) }
            let failure = try transfers.run(&left, jobs: jobs, fromMirror: session)
            if left.isEmpty { return }
            if let failure { try pass(session.endpoint.registry, failure) }
            current = nil
        }
    }

    private func isMirror(_ session: RegistrySession) -> Bool { session !== upstreamSession }

    /// The current one, or the next that has the manifest with the digest `top`.
    private mutating func session(for top: ContentDigest) throws(Failure) -> RegistrySession {
        if let current { return current }
        if try nextMirror(at: top) == nil, upstreamSession == nil {
            _ = try openUpstream(try ImageReference("\(upstream.image.name)@\(top)"))
        }
        guard let session = current ?? upstreamSession else {
            throw Failure(
                .internalFault, attempting: "choosing where to pull from", on: upstream.image.description, reason: "no place is left")
        }
        current = session
        return session
    }

    private mutating func openUpstream(_ image: ImageReference) throws(Failure) -> Manifest {
        do throws(Failure) {
            let (session, manifest) = try puller.openSession(
                image, context: context, until: deadline, onEvent: onEvent, upstream.nextCandidate)
            upstreamSession = session
            current = session
            return manifest
        } catch {
            guard !passed.isEmpty else { throw error }
            var failure = error
            failure.reason += " · its mirrors had it neither: \(passed.joined(separator: " · "))"
            throw failure
        }
    }

    /// Opens the first of the mirrors left that has the image, or the manifest with the digest `top`.
    private mutating func nextMirror(at top: ContentDigest?) throws(Failure) -> Manifest? {
        while let mirror = mirrors.popFirst() {
            let name = mirror.image.registry
            guard puller.mirrorFaults.read({ $0.contains(name) }) == false else { continue }
            do throws(Failure) {
                let image = try top.map { digest throws(Failure) in try ImageReference("\(mirror.image.name)@\(digest)") } ?? mirror.image
                // It is not asked for long: there is another.
                var context = context
                context.tries = Self.mirrorTries
                context.stallTimeout = min(context.stallTimeout, puller.mirrorPatience.stall)
                let (session, manifest) = try puller.openSession(
                    image, context: context, until: deadline, patience: puller.mirrorPatience, onEvent: { _ in }, mirror.nextCandidate)
                current = session
                usedMirrors.append(name)
                return manifest
            } catch {
                try pass(name, error)
            }
        }
        return nil
    }

    /// Goes on without a mirror, unless the whole pull is over.
    private mutating func pass(_ name: String, _ failure: Failure) throws(Failure) {
        let isOver = context.cancellation?.isCancelled == true || context.clocks.monotonicNanoseconds >= deadline
        guard !isOver, failure.code != .local else { throw failure }
        passed.append("\(name): \(failure.reason)")
        if failure.code == .notFound || failure.code == .denied {
            return context.log(.info(2), "\(upstream.image): going on without the mirror \(name): \(failure)")
        }
        context.log(.warning, "\(upstream.image): going on without the mirror \(name): \(failure)")
        if failure.code != .corrupted { puller.mirrorFaults.update { _ = $0.insert(name) } }
    }

    private static let mirrorTries = 2
}
