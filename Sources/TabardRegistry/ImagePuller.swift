public import TabardCore
public import TabardHTTP
public import TabardPullRecords
public import TabardSystem

/// Pulls images from registries into an image layout, with the credentials it is given, in their order.
///
/// Blocking; several pulls may run at the same time, also into the same layout.
public final class ImagePuller: Sendable {
    private let http: HTTPClient
    let layout: OCILayout
    let options: PullOptions
    let clocks: any Clocks
    let log: LogSink
    private let pace: HostPace
    private let stallTimeout: Duration
    /// The mirrors that could not be spoken with: one that is down costs its timeout once.
    let mirrorFaults: Monitor<Set<String>>
    let mirrorPatience: MirrorPatience

    /// Makes a puller.
    public convenience init(http: HTTPClient, layout: OCILayout, options: PullOptions, clocks: any Clocks, log: LogSink) {
        self.init(http: http, layout: layout, options: options, clocks: clocks, log: log, pace: HostPace(clocks: clocks))
    }

    init(
        http: HTTPClient, layout: OCILayout, options: PullOptions, clocks: any Clocks, log: LogSink, pace: HostPace,
        stallTimeout: Duration = .seconds(30), mirrorFaults: Monitor<Set<String>> = Monitor([]),
        mirrorPatience: MirrorPatience = MirrorPatience()
    ) {
        self.mirrorPatience = mirrorPatience
        self.stallTimeout = stallTimeout
        self.http = http
        self.layout = layout
        self.options = options
        self.clocks = clocks
        self.log = log
        self.pace = pace
        self.mirrorFaults = mirrorFaults
    }

    /// The same puller with the policy of one container.
    public func following(_ policy: PullPolicy) -> ImagePuller {
        var options = options
        options.policy = policy
        return ImagePuller(
            http: http, layout: layout, options: options, clocks: clocks, log: log, pace: pace, stallTimeout: stallTimeout,
            mirrorFaults: mirrorFaults, mirrorPatience: mirrorPatience)
    }

    /// Pulls one image.
    ///
    /// - Parameters:
    ///   - requester: Who wants it.
    ///   - mirrors: Asked before the image's registry, in this order, each with its own candidates. What the name stands for is asked of them
    ///     only where the policy is not `always`, or where the name has a digest; content comes from them in any case.
    ///   - nextCandidate: What to try next, asked for only when it is needed, or nil at the end; the registry is asked as nobody when there
    ///     was none. It may throw why one could not be had, and is called again then.
    ///   - onEvent: Called from the threads that work, perhaps at the same time. It must not block for long.
    /// - Throws: `.denied` when every credential was refused, `.notFound`, `.corrupted`, `.unavailable`, `.timedOut`, `.cancelled`, `.local`.
    public func pull(
        _ image: ImageReference, for requester: ImageRequester = ImageRequester(), mirrors: [ImageSource] = [],
        until deadline: Int64 = .max, cancellation: Cancellation? = nil,
        onEvent: @escaping @Sendable (PullEvent) -> Void = { _ in }, nextCandidate: @escaping () throws(Failure) -> AuthEntry?
    ) throws(Failure) -> PulledImage {
        if let present = try imageWithoutRegistry(image, for: requester, until: deadline, cancellation: cancellation) { return present }
        // Whoever collects garbage waits until what arrives now has its name.
        let use = try layout.use(until: deadline, cancellation: cancellation)
        defer { use.end() }
        let requests = RequestCounter()
        let context = RegistrySession.Context(
            http: http, clocks: clocks, log: log, cancellation: cancellation, requests: requests, pace: pace,
            stallTimeout: stallTimeout)
        var sources = PullSources(
            ImageSource(image, nextCandidate: nextCandidate), mirrors: mirrors, puller: self, context: context, until: deadline,
            onEvent: onEvent)
        let isFreshWanted = (options.policy ?? .standard(for: image)) == .always && image.digest == nil
        let manifest = try sources.resolve(fromMirrors: !isFreshWanted)
        let digest = manifest.descriptor.digest
        let plan = try PullPlan.make(manifest, image: image, platform: options.platform, layout: layout) { (descriptor) throws(Failure) in
            try sources.manifest(descriptor, of: digest)
        }
        onEvent(.resolved(plan.top.digest, content: plan.blobs))
        let transfers = BlobTransfers(
            layout: layout, image: image.description, deadline: deadline, cancellation: cancellation, onEvent: onEvent)
        if options.requiresPlatform, case .image(let configuration, _) = manifest.content {
            // Before the layers: an image for another machine is not worth them.
            try sources.fetch([configuration], of: digest, with: transfers, jobs: 1)
            try checkPlatform(of: configuration, image: image, strictly: true)
        }
        try sources.fetch(plan.blobs, of: digest, with: transfers, jobs: options.jobs)
        if !options.requiresPlatform, case .image(let configuration, _) = manifest.content {
            try checkPlatform(of: configuration, image: image, strictly: false)
        }
        // Nothing is written when nothing has changed: neither a manifest nor the index.
        var (manifests, top) = (plan.manifests, plan.top)
        if options.convertsToOCI {
            let conversion = try OCIConversion(manifests, image: image.description)
            (manifests, top) = (conversion.manifests, conversion.descriptor(for: top))
        }
        for manifest in manifests where try !layout.contains(manifest.descriptor) {
            try layout.store(manifest.bytes, as: manifest.descriptor.digest)
        }
        try settle(image, as: top, openedBy: sources.opener, until: deadline, cancellation: cancellation)
        return PulledImage(
            image: image, digest: plan.top.digest, bytes: transfers.receivedBytes, requests: requests.total,
            credential: sources.credential, mirrors: sources.usedMirrors, wasPresent: false)
    }

    /// Whether what has the image's name in the layout is what is wanted now.
    func isWanted(_ top: Descriptor, as image: ImageReference) -> Bool {
        // An image that was not chosen from an index is the only one of its name, or the whole index.
        guard let platform = top.platform else { return image.digest == nil || image.digest == top.digest }
        // The digest in the name is then that of the index, which was checked before this image was chosen from it.
        return options.platform?.choose(from: [platform]) != nil
    }

    /// Compares an image that was not chosen from an index with the platform that is wanted.
    private func checkPlatform(of configuration: Descriptor, image: ImageReference, strictly: Bool) throws(Failure) {
        guard let platform = options.platform,
            let bytes = try layout.content(of: configuration, limit: ImageConfiguration.maximumBytes),
            let offer = try ImageConfiguration(bytes, of: configuration)?.platform, platform.choose(from: [offer]) == nil
        else { return }
        guard strictly else {
            return log(.warning, "\(image): this image is for \(offer), and this machine is \(platform)")
        }
        throw Failure(
            .notFound, attempting: "choosing the image for \(platform)", on: image.description,
            reason: "the registry has one image under this name, and it is for \(offer)",
            advice: "choose --platform \(offer), or another tag")
    }
}
