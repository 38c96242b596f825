import TabardConfig
public import TabardCore
public import TabardHTTP
public import TabardHost
public import TabardSystem

/// What may be asked over the network, once the operator wants that: registries whether they are there and what time it is, providers
/// whether their clouds know them.
public struct DoctorProbe: Sendable {
    private let http: any HTTPExchanging
    private let resolver: CredentialResolver?
    private let clocks: any Clocks
    private let insecure: Set<String>

    /// More than this wrong, and clouds refuse signatures.
    private static let largestSkew: Int64 = 240
    private static let patience = Duration.seconds(15)

    /// - Parameters:
    ///   - resolver: Asks the providers; nil where the configuration is too broken for one.
    ///   - insecureRegistries: Registries over plain HTTP, as images name them.
    public init(http: any HTTPExchanging, resolver: CredentialResolver?, clocks: any Clocks, insecureRegistries: Set<String>) {
        self.http = http
        self.resolver = resolver
        self.clocks = clocks
        insecure = insecureRegistries
    }

    /// Asks the registries of the images and those that the docker configs and mirrors name, then each provider that serves an image.
    func examine(_ images: [ImageReference], registries: Set<String>, into report: inout DoctorReport) {
        for registry in registries.union(images.map(\.registry)).sorted() { ask(registry, &report) }
        guard let resolver else { return }
        for image in images {
            let deadline = clocks.monotonicNanoseconds.addingSaturated(Self.patience)
            let resolution = resolver.resolve(ProviderRequest(image: image), until: deadline)
            let asked = resolution.sources.filter { $0.origin.source == .plugin || $0.origin.source == .execPlugin }
            if asked.isEmpty {
                report.add(
                    .note, .probes, image.name, "no provider serves it",
                    fix: "tabard explain \(image.name) tells which patterns nearly match")
            }
            for source in asked { tell(source, image, &report) }
        }
    }

    private func tell(_ source: SourceOutcome, _ image: ImageReference, _ report: inout DoctorReport) {
        let subject = "\(source.origin.detail) for \(image.name)"
        switch source.outcome {
        case .gave: report.add(.ok, .probes, subject, "it gave a credential")
        case .nothing, .notAsked: report.add(.note, .probes, subject, "it gave nothing: \(source.reason)")
        case .failed(let failure):
            let status = failure.httpStatus.map { " [HTTP \($0)]" } ?? ""
            report.add(
                .error, .probes, subject, "\(failure.attempting): \(failure.reason)\(status)",
                why: "the image is not pulled as this identity",
                fix: failure.advice)
        }
    }

    private func ask(_ registry: String, _ report: inout DoctorReport) {
        let host = registry == "docker.io" ? "registry-1.docker.io" : registry
        guard let secure = try? WebURL("https://\(host)/v2/") else { return }
        let isPlain = insecure.contains(registry) || secure.isLoopback
        guard let url = isPlain ? try? WebURL("http://\(host)/v2/") : secure else { return }
        let deadline = clocks.monotonicNanoseconds.addingSaturated(Self.patience)
        do throws(Failure) {
            let answer = try http.perform(HTTPRequest(url: url), until: deadline, cancellation: nil)
            if [200, 401, 403].contains(answer.status) {
                report.add(.ok, .probes, registry, "it answers")
            } else {
                report.add(
                    .warning, .probes, registry, "it answers /v2/ with HTTP \(answer.status)", why: "a registry answers 200 or 401",
                    fix: "check the name, and whether a proxy answers in its place")
            }
            checkClock(by: answer, of: registry, &report)
        } catch {
            report.add(.error, .probes, registry, error.reason, why: "nothing is pulled from it", fix: error.advice)
        }
    }

    private func checkClock(by answer: HTTPResponse, of registry: String, _ report: inout DoctorReport) {
        guard let date = answer.headers.first("date").flatMap({ UTCTime(httpDate: $0) }) else { return }
        let skew = (clocks.unixNanoseconds - date.unixNanoseconds) / 1_000_000_000
        guard abs(skew) > Self.largestSkew else { return }
        report.add(
            .error, .clock, "clock", "it is \(abs(skew) / 60) minutes \(skew > 0 ? "ahead of" : "behind") the clock of \(registry)",
            why: "clouds refuse signatures and tokens that are minutes off, and certificates look expired or not yet valid",
            fix: "start chronyd or systemd-timesyncd, and look at `chronyc tracking` or `timedatectl`")
    }
}

extension Doctor {
    /// Asks over the network, behind `examine`.
    public mutating func probe(_ probe: DoctorProbe, images: [ImageReference]) {
        let logins = report.dockerConfigs.filter(\.counts).flatMap(\.logins.keys).compactMap { key in
            key.contains("*") ? nil : key.split(separator: "/").first.map(String.init)
        }
        let mirrors = configuration.mirrors.values.flatMap { $0 }.map(\.registry)
        let registries = Set((logins + mirrors).map { $0 == "index.docker.io" ? "docker.io" : $0 })
        probe.examine(images, registries: registries, into: &report)
    }
}
