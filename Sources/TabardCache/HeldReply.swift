public import TabardCore

/// One reply as a cache holds it, to be handed over; times on CLOCK_BOOTTIME in nanoseconds.
public struct HeldReply: Sendable {
    /// The provider's id.
    public var provider: String
    /// The image of the question that it answered, without tag and digest.
    public var imageName: String
    /// The registry of that image, with the port.
    public var registry: String
    /// On whose behalf: a SHA-256 that stands for token, annotations and caller, or nil for the node itself.
    public var identity: [UInt8]?
    /// Its entries and how far they reach (`scope`); its times are those below.
    public var reply: ProviderReply
    /// Never served at or after this.
    public var until: Int64
    /// From then on the provider should be asked again.
    public var refreshAt: Int64
    /// When it was fetched because a registry had refused its forerunner, or nil.
    public var refetchedAt: Int64?
    /// Whether a registry has refused one of its entries since.
    public var wasRefused: Bool
    /// Whether anybody was served with it.
    public var wasUsed: Bool
    /// When its source stops honouring it, or nil when nobody knows.
    public var goodUntil: Int64?
    /// From then on it has less life left than what is handed out should; nil when it never has.
    public var handoutUntil: Int64?

    /// Makes one from its parts, as they were written down.
    public init(
        provider: String, imageName: String, registry: String, identity: [UInt8]?, reply: ProviderReply, until: Int64, refreshAt: Int64,
        refetchedAt: Int64?, wasRefused: Bool, wasUsed: Bool, goodUntil: Int64? = nil,
        handoutUntil: Int64? = nil
    ) {
        self.provider = provider
        self.imageName = imageName
        self.registry = registry
        self.identity = identity
        self.reply = reply
        self.until = until
        self.refreshAt = refreshAt
        self.refetchedAt = refetchedAt
        self.wasRefused = wasRefused
        self.wasUsed = wasUsed
        self.goodUntil = goodUntil
        self.handoutUntil = handoutUntil
    }
}
