/// One question to a provider: which credentials open this image?
public struct ProviderRequest: Sendable {
    /// The image, parsed. Providers see its `name` (registry and repository), as the kubelet's exec plugins do.
    public var image: ImageReference
    /// The service account token that the kubelet sent, or nil.
    public var serviceAccountToken: Secret?
    /// The service account's annotations that the kubelet sent.
    public var serviceAccountAnnotations: [String: String]
    /// Whether an answer from a cache inside the provider is unwanted, because the registry refused it.
    public var isFresh: Bool
    /// On whose behalf it is asked, where a token does not say it; empty for the machine. Keeps answers apart and is never sent anywhere.
    public var identity: String

    /// Makes a question.
    public init(
        image: ImageReference, serviceAccountToken: Secret? = nil, serviceAccountAnnotations: [String: String] = [:],
        isFresh: Bool = false, identity: String = ""
    ) {
        self.image = image
        self.serviceAccountToken = serviceAccountToken
        self.serviceAccountAnnotations = serviceAccountAnnotations
        self.isFresh = isFresh
        self.identity = identity
    }
}
