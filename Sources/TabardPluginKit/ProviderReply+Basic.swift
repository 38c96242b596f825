public import TabardCore

extension ProviderReply {
    /// One user name and password for the images that a pattern matches; the host adds where it came from.
    ///
    /// - Parameters:
    ///   - pattern: A kubelet match pattern, usually the registry host of the request.
    ///   - scope: How widely the reply may be reused.
    ///   - duration: How long it may be kept; nil leaves it to the host.
    ///   - expires: When the cloud stops honouring it, without a margin.
    public static func basic(
        for pattern: String, username: String, password: Secret, scope: CacheScope, duration: Duration? = nil, expires: UTCTime? = nil
    ) -> ProviderReply {
        let entry = AuthEntry(pattern: pattern, username: username, password: password, origin: Origin(.plugin, ""), expires: expires)
        return ProviderReply(entries: [entry], scope: scope, duration: duration, expires: expires)
    }
}
