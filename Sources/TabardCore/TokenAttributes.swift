/// What a provider wants of the kubelet's `tokenAttributes` (CredentialProviderConfig v1): with it, the kubelet sends a Pod's service
/// account token along with the image.
public struct TokenAttributes: Sendable, Hashable {
    /// `serviceAccountTokenAudience`: whom the token is for, `sts.amazonaws.com`.
    public var audience: String
    /// `requireServiceAccount`: whether the kubelet asks the provider only for Pods that have a service account.
    public var requiresServiceAccount: Bool
    /// How far the kubelet shares what it caches (`cacheType`).
    public var cacheType: CacheType
    /// Annotations of the service account without which the kubelet does not ask; only with `requiresServiceAccount`.
    public var requiredAnnotationKeys: [String]
    /// Annotations that are sent when they are there.
    public var optionalAnnotationKeys: [String]

    /// The kubelet's words.
    public enum CacheType: String, Sendable, Hashable {
        /// One answer for all tokens of a service account.
        case serviceAccount = "ServiceAccount"
        /// One answer for each token.
        case token = "Token"
    }

    /// Makes a description; see the fields.
    public init(
        audience: String, requiresServiceAccount: Bool, cacheType: CacheType, requiredAnnotationKeys: [String] = [],
        optionalAnnotationKeys: [String] = []
    ) {
        self.audience = audience
        self.requiresServiceAccount = requiresServiceAccount
        self.cacheType = cacheType
        self.requiredAnnotationKeys = requiredAnnotationKeys
        self.optionalAnnotationKeys = optionalAnnotationKeys
    }

    /// What the kubelet would refuse, in words that follow "its token attributes"; nil when it takes them.
    public var complaint: String? {
        if audience.isEmpty { return "name no audience" }
        if !requiredAnnotationKeys.isEmpty && !requiresServiceAccount { return "require annotations but no service account" }
        if let both = requiredAnnotationKeys.first(where: optionalAnnotationKeys.contains) {
            return "name \(both) as required and as optional"
        }
        return nil
    }
}
