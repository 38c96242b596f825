import Synchronization
public import TabardCore
public import TabardHTTP
public import TabardSystem

/// Pulls images from registries into an image layout, with the credentials it is given, in their order.
///
/// Blocking; several pulls may run at the same time, also into the same layout.
public final class ImagePuller: Sendable {
    private let http: HTTPClient
    private let layout: OCILayout
    private let options: PullOptions
    private let clocks: any Clocks
    private let log: LogSink
    private let pace: HostPace

    /// Makes a puller.
    public convenience init(http: HTTPClient, layout: OCILayout, options: PullOptions, clocks: any Clocks, log: LogSink) {
        self.init(http: http, layout: layout, options: options, clocks: clocks, log: log, pace: HostPace(clocks: clocks))
    }

    init(http: HTTPClient, layout: OCILayout, options: PullOptions, clocks: any Clocks, log: LogSink, pace: HostPace) {
        self.http = http
        self.layout = layout
        self.options = options
        self.clocks = clocks
        self.log = log
        self.pace = pace
    }

    /// Pulls one image.
    ///
    /// - Parameters:
    ///   - entries: What may open it, to be tried in this order; none means that the registry is asked as nobody.
    ///   - onEvent: Called from the threads that work, perhaps at the same time. It must not block for long.
    /// - Throws: `.denied` when every credential was refused, `.notFound`, `.corrupted`, `.unavailable`, `.timedOut`, `.cancelled`, `.local`.
    public func pull(
        _ image: ImageReference, entries: [AuthEntry], until deadline: Int64 = .max, cancellation: Cancellation? = nil,
        onEvent: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) throws(Failure) -> PulledImage {
        let policy = options.policy ?? .standard(for: image)
        if policy != .always, let present = try presentImage(image) { return present }
        if policy == .never {
            throw Failure(
                .notFound, attempting: "pulling the image", on: image.description,
                reason: "it is not in \(layout.path), and the pull policy is Never", advice: "pull it with --policy IfNotPresent first")
        }
        let requests = RequestCounter()
        let context = RegistrySession.Context(
            http: http, clocks: clocks, log: log, cancellation: cancellation, requests: requests, pace: pace)
        let (session, manifest) = try openSession(image, entries: entries, context: context, until: deadline, onEvent: onEvent)
        let plan = try PullPlan.make(manifest, image: image, platform: options.platform, layout: layout) { (descriptor) throws(Failure) in
            try session.manifest(
                descriptor.digest.description, expected: descriptor.digest, contentType: descriptor.mediaType, image: image.description,
                until: deadline)
        }
        onEvent(.resolved(plan.top.digest, content: plan.blobs))
        let transfers = BlobTransfers(
            session: session, layout: layout, image: image.description, deadline: deadline, cancellation: cancellation, onEvent: onEvent)
        try transfers.run(plan.blobs, jobs: options.jobs)
        for manifest in plan.manifests { try layout.store(manifest.bytes, as: manifest.descriptor.digest) }
        try layout.setName(image.description, to: plan.top, until: deadline, cancellation: cancellation)
        return PulledImage(
            image: image, digest: plan.top.digest, bytes: transfers.receivedBytes, requests: requests.total,
            credential: session.usedCredential, wasPresent: false)
    }

    /// The image as the layout has it under this name, if everything of it is there.
    private func presentImage(_ image: ImageReference) throws(Failure) -> PulledImage? {
        guard let top = try layout.descriptor(named: image.description) else { return nil }
        guard image.digest == nil || image.digest == top.digest, try isWhole(top, depth: 0) else { return nil }
        return PulledImage(image: image, digest: top.digest, bytes: 0, requests: 0, credential: nil, wasPresent: true)
    }

    private func isWhole(_ descriptor: Descriptor, depth: Int) throws(Failure) -> Bool {
        guard depth < PullPlan.maximumDepth, let bytes = try layout.content(of: descriptor) else { return false }
        let manifest = try Manifest(bytes: bytes, digest: descriptor.digest, contentType: descriptor.mediaType, image: layout.path)
        switch manifest.content {
        case .image(let configuration, let layers):
            for blob in [configuration] + layers where try !layout.contains(blob) { return false }
        case .index(let entries):
            for entry in entries where try !isWhole(entry, depth: depth + 1) { return false }
        }
        return true
    }

    /// Finds the first identity that may read the manifest.
    private func openSession(
        _ image: ImageReference, entries: [AuthEntry], context: RegistrySession.Context, until deadline: Int64,
        onEvent: @Sendable (PullEvent) -> Void
    ) throws(Failure) -> (RegistrySession, Manifest) {
        var endpoint = try RegistryEndpoint(for: image, insecureRegistries: options.insecureRegistries)
        var candidates: [AuthEntry?] = entries.isEmpty ? [nil] : entries
        if options.allowsAnonymousFallback, !entries.isEmpty { candidates.append(nil) }
        // What a registry on loopback speaks is not known before it has answered once.
        var mayNeedTLS = endpoint.base.scheme == .http && endpoint.base.isLoopback
        var refusals: [Failure] = []
        var index = 0
        while index < candidates.count {
            let candidate = candidates[index]
            if candidate == nil, !entries.isEmpty {
                log(.warning, "\(image): the registry refused every credential; asking anonymously, as --anonymous-fallback allows")
                onEvent(.anonymousFallback)
            }
            let session = RegistrySession(endpoint: endpoint, repository: image.repository, entry: candidate, context: context)
            do throws(Failure) {
                let manifest = try session.manifest(
                    image.pullIdentifier, expected: image.digest, image: image.description, tries: mayNeedTLS ? 1 : RegistrySession.tries,
                    until: deadline)
                return (session, manifest)
            } catch {
                // The registry has said something that is no HTTP, nothing at all, or what Go's servers say to plain HTTP on a TLS port.
                if mayNeedTLS, error.code == .unavailable || error.code == .badResponse {
                    mayNeedTLS = false
                    if error.httpStatus == nil || error.httpStatus == 400, let secure = try? endpoint.overTLS(),
                        speaksTLS(secure, context: context, until: deadline)
                    {
                        endpoint = secure
                        continue
                    }
                    if error.isTransient { continue }
                }
                guard error.code == .denied || error.code == .notFound else { throw error }
                refusals.append(error)
                if index + 1 < candidates.count {
                    log(.info(2), "\(image): \(error)")
                    onEvent(.refused(error))
                }
                index += 1
            }
        }
        throw Self.combined(refusals, image: image)
    }

    /// Whether a TLS server answers there, whatever it answers. From plain HTTP to TLS is the safe way round.
    private func speaksTLS(_ endpoint: RegistryEndpoint, context: RegistrySession.Context, until deadline: Int64) -> Bool {
        guard let url = try? endpoint.base.resolving("/v2/") else { return false }
        context.requests.count()
        do throws(Failure) {
            _ = try http.perform(HTTPRequest(url: url), until: deadline, cancellation: context.cancellation)
            return true
        } catch {
            // A certificate that is refused is a TLS server's: the pull reports it.
            return error.reason.contains("certificate")
        }
    }

    /// One failure that tells every refusal.
    private static func combined(_ refusals: [Failure], image: ImageReference) -> Failure {
        guard refusals.count > 1, let first = refusals.first else {
            return refusals.first
                ?? Failure(.internalFault, attempting: "pulling the image", on: image.description, reason: "no identity was tried")
        }
        let denial = refusals.first { $0.code == .denied }
        let list = refusals.map { refusal in refusal.reason + (refusal.httpStatus.map { " [HTTP \($0)]" } ?? "") }.joined(separator: " · ")
        return Failure(
            denial == nil ? .notFound : .denied, attempting: first.attempting, on: image.description,
            reason: "none of \(refusals.count) identities may read it: \(list)", advice: (denial ?? first).advice, source: first.source)
    }
}
