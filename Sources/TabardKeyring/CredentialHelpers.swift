public import TabardCore
public import TabardSystem

/// The helpers that a docker config names, and which of them an image is for.
///
/// As for docker, the helper of a registry in `credHelpers` wins over `credsStore`. A key may be a pattern, which docker does not have.
/// The helper `tabard` is this program: it is answered by a closure and never started, so that nothing asks itself.
public struct CredentialHelpers: Sendable {
    /// Answers in place of the program `docker-credential-tabard`.
    public typealias OwnAnswer = @Sendable (ImageReference, _ deadline: Int64, Cancellation?) throws(Failure) -> [AuthEntry]

    /// Which helper an image is for.
    public struct Choice: Sendable {
        /// Its name in the docker config.
        public let helper: String
        /// What it is asked for.
        public let server: String
        /// Where it stands: `config.json: credHelpers.r.io`.
        public let place: String
    }

    private let file: String
    private let named: [(key: String, pattern: ImagePattern, helper: String)]
    private let store: String?
    private let searchPath: String
    private let environment: [String: String]
    private let own: OwnAnswer
    /// What helpers have answered, by helper and server: copies of this value share it.
    private let answers = AnswerMemory()

    /// Takes over what a docker config says; nothing is started before a question.
    ///
    /// - Parameters:
    ///   - environment: All variables that helpers see. `TABARD_DEPTH` is set for them, and the login of `docker-env` is left out.
    ///   - own: Answers for the helper `tabard`.
    public init(_ config: DockerConfig, environment: [String: String], own: @escaping OwnAnswer) {
        file = config.file
        store = config.credsStore
        searchPath = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        var environment = environment
        environment[CallDepth.variable] = CallDepth.ofChildren
        environment["DOCKER_PASSWORD"] = nil
        self.environment = environment
        self.own = own
        named = config.credHelpers.compactMap { key, helper in
            let text = ImagePattern.normalisedKey(of: key)
            // What helpers are named for is Docker Hub under any of its names.
            let registry = text == "index.docker.io" || text == "registry-1.docker.io" ? "docker.io" : text
            return (try? ImagePattern(registry)).map { (key, $0, helper) }
        }.sorted { $0.pattern.isMoreSpecific(than: $1.pattern) }
    }

    /// The helper that an image is for, or nil when there is none: the empty name in `credHelpers` means that too.
    public func choice(for image: ImageReference) -> Choice? {
        let onHub = image.registry == "docker.io"
        // `docker login` keeps Docker Hub under this address.
        let server = onHub ? "https://index.docker.io/v1/" : image.registry
        if let match = named.first(where: { $0.pattern.matches(image) }) {
            guard !match.helper.isEmpty else { return nil }
            let isPattern = match.key.utf8.contains(UInt8(ascii: "*"))
            return Choice(helper: match.helper, server: isPattern || onHub ? server : match.key, place: "\(file): credHelpers.\(match.key)")
        }
        return store.map { Choice(helper: $0, server: server, place: "\(file): credsStore") }
    }

    /// Looks for the program of a choice without starting it.
    ///
    /// - Throws: `.local` when there is none. For `tabard`, which is this program, there always is.
    public func check(_ choice: Choice) throws(Failure) {
        if choice.helper != "tabard" { _ = try program(choice).find(for: choice.server) }
    }

    private func program(_ choice: Choice) -> DockerCredentialHelper {
        DockerCredentialHelper(name: choice.helper, searchPath: searchPath, environment: environment)
    }

    /// Asks the helper that an image is for.
    ///
    /// - Parameter deadline: On CLOCK_MONOTONIC, in nanoseconds.
    /// An answer holds for the life of this value and its copies: images of one registry start its helper once. Failures are not kept.
    ///
    /// - Returns: What it gives; nothing when there is no helper for the image, or it knows no login.
    /// - Throws: Why a helper that is named cannot be asked. It was named on purpose, so this is never passed over in silence.
    public func entries(
        for image: ImageReference, until deadline: Int64, cancellation: Cancellation? = nil
    ) throws(Failure) -> [AuthEntry] {
        guard let choice = choice(for: image) else { return [] }
        if choice.helper == "tabard" { return try own(image, deadline, cancellation) }
        let key = "\(choice.helper)\n\(choice.server)\n\(image.registry)"
        if let known = answers.byKey.withLock({ $0[key] }) { return known }
        let entry = try program(choice).entry(
            for: choice.server, pattern: image.registry, until: deadline, cancellation: cancellation)
        let entries = entry.map { [$0] } ?? []
        answers.byKey.withLock { $0[key] = entries }
        return entries
    }

    private final class AnswerMemory: Sendable {
        let byKey = Monitor<[String: [AuthEntry]]>([:])
    }
}
