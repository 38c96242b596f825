public import TabardCore
public import TabardHost

/// A program of a CredentialProviderConfig, asked as a kubelet asks it: with the tokens and annotations that its configuration names, and
/// no others.
public final class ExecPlugin: Provider {
    /// The file that is started.
    public let path: String
    private let program: ExecProvider
    private let tokenAttributes: TokenAttributes?

    init(_ program: ExecProvider, path: String, tokenAttributes: TokenAttributes?) {
        self.path = path
        self.program = program
        self.tokenAttributes = tokenAttributes
    }

    /// The name in the configuration.
    public var id: String { program.id }
    /// `matchImages`.
    public var patterns: [ImagePattern] { program.patterns }
    /// Never.
    public var matchesEveryImage: Bool { program.matchesEveryImage }
    /// Whether the configuration has tokenAttributes.
    public var usesServiceAccount: Bool { tokenAttributes != nil }
    /// `exec-plugin NAME`.
    public var origin: Origin { program.origin }

    /// Starts the program, unless the question is none that a kubelet would send it.
    public func provide(_ request: ProviderRequest, call: ProviderCall) throws(Failure) -> ProviderReply {
        guard let tokenAttributes else { return try program.provide(request, call: call) }
        func skipped(_ reason: String) -> Failure {
            Failure(.notMine, attempting: "asking the provider", on: request.image.name, reason: reason, source: id)
        }
        guard let token = request.serviceAccountToken else {
            guard !tokenAttributes.requiresServiceAccount else {
                throw skipped("it serves Pods with a service account alone, and this question has no token of one")
            }
            return try program.provide(request, call: call)
        }
        var question = request
        question.serviceAccountAnnotations = [:]
        for key in tokenAttributes.requiredAnnotationKeys {
            guard let value = request.serviceAccountAnnotations[key] else {
                throw skipped("the service account has no annotation \(key), which its configuration requires")
            }
            question.serviceAccountAnnotations[key] = value
        }
        for key in tokenAttributes.optionalAnnotationKeys {
            if let value = request.serviceAccountAnnotations[key] { question.serviceAccountAnnotations[key] = value }
        }
        let reply = try program.provide(question, call: call)
        // Kept for the whole service account, a token of one Pod would serve the others after that Pod is gone.
        if tokenAttributes.cacheType == .serviceAccount, reply.entries.contains(where: { Self.isSame($0.password, token) }) {
            throw Failure(
                .badResponse, attempting: "asking the provider", on: request.image.name,
                reason: "it returned the service account token as the password, which is allowed with the cacheType Token alone",
                advice: "set cacheType: Token for \(id)", source: id)
        }
        return reply
    }

    private static func isSame(_ left: Secret, _ right: Secret) -> Bool {
        left.withBytes { left in right.withBytes { left.elementsEqual($0) } }
    }
}
