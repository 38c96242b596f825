public import TabardCore
import TabardKeyring

/// What all sources together say about one image.
public struct Resolution: Sendable {
    /// The entries for this image in the order to try them: source by source, in each the most specific first. None means "pull
    /// anonymously".
    public internal(set) var entries: [AuthEntry] = []
    /// Everything that providers emitted, entries for other images among it: what a kubelet is told, which matches by itself. Nothing
    /// here may be sent to the image's registry unless it stands in `entries` too.
    public internal(set) var emitted: [AuthEntry] = []
    /// Every source, in the order they were asked.
    public internal(set) var sources: [SourceOutcome] = []
    /// How widely the providers' replies may be reused: the narrowest of them. Nil when no provider gave anything.
    public internal(set) var scope: CacheScope?
    /// How long the providers' replies hold from now: the shortest of them. Nil when no provider gave anything.
    public internal(set) var lifetime: Duration?
    /// The first failure of a helper or provider that serves the image.
    var firstFailure: Failure?
    /// Why nothing could be had: that failure, when no source gave an entry.
    public var failure: Failure? { entries.isEmpty ? firstFailure : nil }

    init() {}

    mutating func note(_ origin: Origin, _ outcome: SourceOutcome.Outcome, _ reason: String) {
        if case .failed(let failure) = outcome, firstFailure == nil { firstFailure = failure }
        sources.append(SourceOutcome(origin: origin, outcome: outcome, reason: reason))
    }

    mutating func add(_ entries: [AuthEntry]) { self.entries.append(contentsOf: entries) }

    /// Returns how many of the reply's entries are for `image`.
    mutating func add(_ reply: ProviderReply, for image: ImageReference) -> Int {
        let usable = Keyring(reply.entries).entries(for: image)
        entries.append(contentsOf: usable)
        emitted.append(contentsOf: reply.entries)
        let scope = reply.scope ?? .image
        self.scope = self.scope.map { min($0, scope) } ?? scope
        let lifetime = reply.duration ?? .zero
        self.lifetime = self.lifetime.map { min($0, lifetime) } ?? lifetime
        return usable.count
    }
}

/// The narrower of two scopes.
private func min(_ left: CacheScope, _ right: CacheScope) -> CacheScope {
    let order = CacheScope.allCases
    return (order.firstIndex(of: left) ?? 0) <= (order.firstIndex(of: right) ?? 0) ? left : right
}
