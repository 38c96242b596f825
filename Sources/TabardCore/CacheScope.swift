/// How widely one answer may be reused, in the kubelet's words (`cacheKeyType`).
public enum CacheScope: String, Sendable, Hashable, CaseIterable {
    /// Only for the image that was asked about.
    case image = "Image"
    /// For every image of the same registry.
    case registry = "Registry"
    /// For every image that the provider serves.
    case global = "Global"
}
