internal import TabardCore
internal import TabardPluginKit

/// The identity of the Pod that an image is for, where the kubelet sends a token of its service account: workload identity federation, so
/// that each Pod pulls with its own rights and not with the node's.
struct PodIdentity: Sendable {
    /// What the operator can set.
    static let settings = [
        SettingDescription(
            "serviceAccount",
            "what a Pod's service account token is for: require, prefer (the machine's identity for a service account that is not"
                + " annotated), never; default prefer"),
        SettingDescription("workloadIdentityAudience", "the audience of the token exchange; default made of identityProvider and project"),
        SettingDescription(
            "identityProvider", "the URL of the cluster's identity provider, as the pool of its project knows it", kind: .url),
        SettingDescription("project", "the project whose pool PROJECT.svc.id.goog the cluster belongs to"),
        SettingDescription("stsURL", "where subject tokens are exchanged; default https://sts.googleapis.com/v1/token", kind: .url),
        SettingDescription(
            "iamCredentialsURL", "where tokens of other service accounts are made; default https://iamcredentials.googleapis.com",
            kind: .url),
    ]

    /// The Pod's service account asks for this.
    private static let wanted = "iam.gke.io/enable-wi-image-pull"
    /// The Google service account to act as after the exchange.
    private static let accountAnnotation = "iam.gke.io/gcp-service-account"

    private let policy: ServiceAccountPolicy
    private let audience: String?
    private let exchange: WebURL
    private let credentials: WebURL
    private let service: TokenService

    init(_ settings: ProviderSettings, service: TokenService) throws(Failure) {
        guard let policy = settings["serviceAccount"].map(ServiceAccountPolicy.init) ?? .prefer else {
            throw Failure(
                .invalid, attempting: "reading the settings of google-container-registry", on: "serviceAccount",
                reason: "\"\((settings["serviceAccount"] ?? "").prefix(40))\" is none of require, prefer, never", advice: "use one of them")
        }
        self.policy = policy
        let provider = settings["identityProvider"]
        let project = settings["project"]
        guard (provider == nil) == (project == nil) else {
            throw Failure(
                .invalid, attempting: "reading the settings of google-container-registry", on: "identityProvider, project",
                reason: "only one of them is set", advice: "set both, or workloadIdentityAudience")
        }
        if let audience = settings["workloadIdentityAudience"] {
            self.audience = audience
        } else if let provider, let project {
            audience = "identitynamespace:\(project).svc.id.goog:\(provider)"
        } else {
            audience = nil
        }
        exchange = try WebURL(settings["stsURL"] ?? "https://sts.googleapis.com/v1/token")
        credentials = try WebURL(settings["iamCredentialsURL"] ?? "https://iamcredentials.googleapis.com")
        self.service = service
    }

    /// The source of the Pod's tokens, or nil when the machine's are to be used.
    ///
    /// - Throws: `.denied` when the Pod's identity is wanted and cannot be had: it is never replaced by the machine's in silence.
    func source(for request: PluginRequest, call: PluginCall) throws(Failure) -> (any TokenSource)? {
        func refused(_ reason: String, _ advice: String) -> Failure {
            Failure(.denied, attempting: "choosing the identity of the Pod", on: request.registry, reason: reason, advice: advice)
        }
        guard policy != .never else { return nil }
        guard let token = request.serviceAccountToken else {
            guard policy == .require else { return nil }
            throw refused(
                "serviceAccount is \"require\", and the kubelet sent no service account token",
                "set tokenAttributes for this provider in the kubelet's CredentialProviderConfig")
        }
        guard request.serviceAccountAnnotations[Self.wanted] == "true" else {
            guard policy != .require else {
                throw refused(
                    "serviceAccount is \"require\", and the service account is not annotated \(Self.wanted): \"true\"",
                    "annotate it, and list that key in the kubelet's tokenAttributes")
            }
            call.log(
                .warning,
                "the service account is not annotated \(Self.wanted): \"true\": using this machine's identity for \(request.registry)")
            return nil
        }
        guard let audience else {
            throw refused(
                "the service account asks for its own identity, and nobody said how to exchange its token",
                "set identityProvider and project (or workloadIdentityAudience), or serviceAccount to never")
        }
        let pod = ExternalAccount(
            audience: audience, subjectTokenType: "urn:ietf:params:oauth:token-type:jwt", endpoint: exchange,
            subject: GivenSubjectToken(name: "the Pod's service account token", value: token), service: service)
        guard let email = request.serviceAccountAnnotations[Self.accountAnnotation], !email.isEmpty else { return pod }
        return try ImpersonatedAccount(email: email, source: pod, endpoint: credentials, service: service)
    }
}
