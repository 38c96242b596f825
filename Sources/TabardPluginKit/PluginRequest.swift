public import TabardCore

/// Which credentials open this image? The host has parsed and normalised the name.
public struct PluginRequest: Sendable {
    /// Registry and repository, as the kubelet matches it: `eu.gcr.io/project/app`.
    public var image: String
    /// The registry host, lower case, with its port when it has one: `eu.gcr.io`, `localhost:5000`.
    public var registry: String
    /// The path in that registry: `project/app`.
    public var repository: String
    /// The service account token that the kubelet sent, or nil.
    public var serviceAccountToken: Secret?
    /// The service account's annotations that the kubelet was told to send.
    public var serviceAccountAnnotations: [String: String]
    /// The registry refused the last answer: do not answer from a cache inside the provider.
    public var isFresh: Bool

    /// Makes a question, for tests; the host makes the real ones.
    public init(
        registry: String, repository: String, serviceAccountToken: Secret? = nil, serviceAccountAnnotations: [String: String] = [:],
        isFresh: Bool = false
    ) {
        self.image = repository.isEmpty ? registry : "\(registry)/\(repository)"
        self.registry = registry
        self.repository = repository
        self.serviceAccountToken = serviceAccountToken
        self.serviceAccountAnnotations = serviceAccountAnnotations
        self.isFresh = isFresh
    }
}
