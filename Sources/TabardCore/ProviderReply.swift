/// What a provider answers. No entries means "this image needs no credentials", never "failed".
public struct ProviderReply: Sendable {
    /// The entries, each with the pattern of the images it is for.
    public var entries: [AuthEntry]
    /// How widely the whole reply may be reused; nil is the narrowest, the image.
    public var scope: CacheScope?
    /// How long the provider wants it kept; zero is "not at all", nil leaves it to the host.
    public var duration: Duration?
    /// When the cloud stops honouring it, or nil when nobody knows.
    public var expires: UTCTime?
    /// When a long-lived host had better ask again, or nil to let it decide.
    public var refresh: UTCTime?

    /// Makes a reply.
    public init(
        entries: [AuthEntry] = [], scope: CacheScope? = nil, duration: Duration? = nil, expires: UTCTime? = nil,
        refresh: UTCTime? = nil
    ) {
        self.entries = entries
        self.scope = scope
        self.duration = duration
        self.expires = expires
        self.refresh = refresh
    }
}
