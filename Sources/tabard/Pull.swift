import ArgumentParser
import Glibc
import Synchronization
import TabardCommand
import TabardConfig
import TabardCore
import TabardExecPlugins
import TabardHost
import TabardPullRecords
import TabardRegistry
import TabardSystem

/// `tabard pull`: images into an OCI layout.
struct Pull: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pulls images into an OCI image layout, with the first credential that the registry takes.",
        discussion: """
            Example:
              tabard pull gcr.io/project/app:1 --dest ./image
              skopeo inspect oci:./image:gcr.io/project/app:1
              kubectl get deployment,secret -n shop -o yaml | tabard pull -f - --dest ./images
            """)

    @Argument(help: "The images, as docker and Kubernetes write them.")
    var images: [String] = []

    @OptionGroup(title: "Pods") var pods: PodArguments

    @Option(help: "The image layout; made where nothing is. (default: ./oci)")
    var dest: String?

    @Option(help: "Write an archive to this file, or to standard output with -, instead of keeping a layout.")
    var output: String?

    @Option(
        help: "oci-archive or docker-archive: what --output writes. (default: oci-archive)", transform: Pull.format)
    var format: ArchiveFormat?

    @Option(
        name: [.customLong("policy"), .customLong("pull-policy")],
        help: "Always, IfNotPresent or Never; by default as Kubernetes does: Always for :latest or no tag, else IfNotPresent.",
        transform: Pull.policy)
    var policy: PullPolicy?

    @OptionGroup(title: "Images that are here") var verification: VerificationArguments

    @Option(help: "Which image of an index: OS/ARCH[/VARIANT]. Default: this machine's.", transform: { try Platform($0) })
    var platform: Platform?

    @Flag(help: "All images of an index, with the index.")
    var allPlatforms = false

    @OptionGroup(title: "Credentials") var credentials: CredentialArguments

    @Flag(help: "Ask the registry as nobody after it refused every credential.")
    var anonymousFallback = false

    @Option(help: "Layers at the same time.")
    var jobs = 4

    @Option(help: "Give up after this long, such as 10m; default: never.", transform: CommonArguments.timeout)
    var timeout: Duration?

    @Option(help: "auto, bar, plain, json or none: what standard error shows; auto is json with --json, bar on a terminal, else plain.")
    var progress = PullProgress.Style.auto

    @Flag(help: "Print errors only, and the digests.")
    var quiet = false

    @Flag(help: "One JSON object per image on standard output, and one per event on standard error.")
    var json = false

    @Option(help: "oci: store Docker's manifests as OCI's, for tools that read nothing else. Their digests change.")
    var convert: ManifestConversion?

    @Option(
        name: .customLong("insecure-registry"), help: "HOST[:PORT] that is spoken to over plain HTTP (repeatable).",
        transform: Pull.registry)
    var insecureRegistries: [String] = []

    @Option(
        name: .customLong("mirror"),
        help: """
            REGISTRY=HOST[:PORT][/PATH]: ask there before the registry (repeatable, in order); REGISTRY= for no mirror. Default: mirrors of \
            the configuration, and mirror.gcr.io for docker.io on Google's machines.
            """,
        transform: PullMirrors.parse)
    var mirrors: [PullMirrors.Named] = []

    @OptionGroup(title: "Certificates") var certificates: CertificateArguments

    @OptionGroup(title: "Agent") var agent: AgentArguments

    @OptionGroup(title: "Common") var common: CommonArguments

    func validate() throws {
        guard images.isEmpty != pods.files.isEmpty else {
            throw ValidationError(images.isEmpty ? "Name images, or files with Pods: -f FILE." : "Images and -f FILE exclude each other.")
        }
        if pods.files.contains("-"), credentials.passwordStdin {
            throw ValidationError("Standard input has either the Pods or the password: write the Pods to a file.")
        }
        guard (1...64).contains(jobs) else { throw ValidationError("--jobs is a number from 1 to 64.") }
        if dest?.isEmpty == true || output?.isEmpty == true { throw ValidationError("--dest and --output name a place, not nothing.") }
        if output != nil, dest != nil { throw ValidationError("--dest and --output exclude each other.") }
        if format != nil, output == nil { throw ValidationError("--format says what --output writes: give --output FILE too.") }
        if allPlatforms, format == .dockerArchive {
            throw ValidationError("A docker-archive has one platform: choose one with --platform, or use --format oci-archive.")
        }
        if allPlatforms, platform != nil { throw ValidationError("--platform and --all-platforms exclude each other.") }
    }

    func run() throws {
        let (orders, badNames) = try orders()
        let clocks = SystemClocks()
        let deadline = timeout.map { clocks.monotonicNanoseconds.addingSaturated($0) } ?? .max
        // Before signals become wishes: whoever changes his mind at the prompt is gone at once.
        let password = try credentials.readPassword(for: orders.map(\.image), until: deadline)
        let cancellation = Cancellation()
        let signal = Atomic<Int32>(0)
        try Self.listen(cancellation) { number in signal.store(number, ordering: .relaxed) }
        var hostOptions = common.options
        hostOptions.agent = try agent.choice()
        // A certificate authority of this command is none of the agent's.
        let file = ConfigurationFile(option: hostOptions.configurationFile)
        let access = certificates.caFile == nil ? AgentAccess(hostOptions, file: file, log: common.log) : nil
        let host = try HostSetup(
            program: "tabard", options: hostOptions, file: file, caFile: certificates.caFile, serverCertificates: certificates.folders,
            insecureHosts: Set(insecureRegistries),
            statics: credentials.statics(withPullSecrets: pods.files.isEmpty, log: common.log), isOneShot: true,
            others: ExecPluginCatalog.providers, agent: access, log: common.log)
        let target = try PullTarget(dest: dest, output: output, format: format ?? .ociArchive)
        let layout = try OCILayout(path: target.layoutPath, making: policy != .never)
        let mirrors = try PullMirrors(configured: host.configuration.mirrors, named: mirrors)
        let puller = ImagePuller(
            http: host.http, layout: layout, options: try options(host.configuration), clocks: clocks, log: common.log)
        var failures = badNames
        var done: [PullOrder.Key: Result<PulledImage, Failure>] = [:]
        let beginning = clocks.monotonicNanoseconds
        for order in orders {
            let progress = PullProgress(order, style: style)
            let start = clocks.monotonicNanoseconds
            do throws(Failure) {
                let before = done[order.key]
                let pulled: PulledImage
                if let before {
                    pulled = try before.get().again
                } else {
                    pulled = try pull(
                        order, host: host, puller: order.policy.map(puller.following) ?? puller, mirrors: mirrors, password: password,
                        until: deadline, cancellation: cancellation, progress: progress)
                    done[order.key] = .success(pulled)
                }
                let end = clocks.monotonicNanoseconds
                progress.finish(pulled, duration: .nanoseconds(end - start), waiting: .nanoseconds(end - beginning))
                if before == nil || json {
                    target.say(Self.line(pulled, for: order, seconds: Double(end - start) / 1e9, json: json))
                }
            } catch {
                progress.stop()
                if cancellation.isCancelled { Self.end(by: signal.load(ordering: .relaxed), target) }
                done[order.key] = .failure(error)
                progress.fail(error)
                failures.append(error)
            }
        }
        if !failures.isEmpty {
            target.abandon()
            Exit.now(Self.code(failures))
        }
        do throws(Failure) {
            try target.finish(Self.names(orders), from: layout, cancellation: cancellation)
        } catch {
            if cancellation.isCancelled { Self.end(by: signal.load(ordering: .relaxed), target) }
            target.abandon()
            throw error
        }
    }

    /// Pulls with what the sources give, each asked when its turn comes. A registry that refuses a provider's credential makes that
    /// provider be asked once more: the credential may have been revoked before its time.
    private func pull(
        _ order: PullOrder, host: HostSetup, puller: ImagePuller, mirrors: PullMirrors, password: Secret?, until deadline: Int64,
        cancellation: Cancellation, progress: PullProgress
    ) throws(Failure) -> PulledImage {
        let image = order.image
        let given = credentials.given(for: image, password: password, pullSecrets: order.pullSecrets)
        let requester = ImageRequester(
            entries: (given?.shown(for: image) ?? []) + host.resolver.statics.shown(for: image), serviceAccount: order.serviceAccount)
        let present = try puller.imageWithoutRegistry(image, for: requester, until: deadline, cancellation: cancellation)
        if let present { return present }
        progress.start()
        let request = ProviderRequest(image: image)
        let candidates = host.resolver.candidates(
            for: request, given: given, until: deadline, patience: Self.patience, cancellation: cancellation)
        func pull() throws(Failure) -> PulledImage {
            let mirrors = try mirrors.sources(
                of: image, from: host.resolver, pullSecrets: credentials.given(for: image, password: nil, pullSecrets: order.pullSecrets),
                until: deadline, patience: Self.patience, cancellation: cancellation)
            return try puller.pull(
                image, for: requester, mirrors: mirrors, until: deadline, cancellation: cancellation, onEvent: progress.show
            ) { () throws(Failure) in
                try candidates.next()
            }
        }
        do throws(Failure) {
            do throws(Failure) {
                return try pull()
            } catch {
                guard error.code == .denied, candidates.renew() else { throw error }
                return try pull()
            }
        } catch {
            throw candidates.resolution.weighing(error)
        }
    }

    private var style: PullProgress.Style { quiet ? .none : progress == .auto && json ? .json : progress }

    /// What a kubelet gives its plugins.
    private static let patience = Duration.seconds(60)

    private func options(_ configuration: TabardConfiguration) throws(Failure) -> PullOptions {
        var options = PullOptions()
        options.platform = allPlatforms ? nil : platform ?? .host
        options.requiresPlatform = platform != nil
        options.policy = policy
        options.jobs = jobs
        options.verification = try verification.verification(configured: configuration.verification)
        options.convertsToOCI = convert != nil
        options.allowsAnonymousFallback = anonymousFallback
        options.insecureRegistries = configuration.insecureRegistries.union(insecureRegistries)
        return options
    }

    private static func policy(_ text: String) throws -> PullPolicy {
        guard let policy = PullPolicy.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            throw ValidationError("\(text) is none of Always, IfNotPresent and Never.")
        }
        return policy
    }

    /// A registry as images name it.
    static func registry(_ text: String) throws -> String {
        guard let image = try? ImageReference("\(text)/image"), image.registry == text.lowercased() else {
            throw ValidationError(
                "\(text) is no registry: write HOST or HOST:PORT, as image names do, without https:// and without a path.")
        }
        return image.registry
    }

    private static func format(_ text: String) throws -> ArchiveFormat {
        guard let format = ArchiveFormat(rawValue: text) else {
            throw ValidationError("\(text) is none of \(ArchiveFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return format
    }

    private static func listen(_ cancellation: Cancellation, _ note: @escaping @Sendable (Int32) -> Void) throws(Failure) {
        do throws(SystemError) {
            try TerminationSignals.handle { signal in
                note(signal)
                cancellation.cancel()
            }
        } catch {
            throw Failure(.local, attempting: "preparing for signals", reason: error.description)
        }
    }
}
