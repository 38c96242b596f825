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
    /// The failures of helpers and providers that serve the image, in the order they were asked.
    private var failures: [Failure] = []
    /// Why nothing could be had, when no source gave an entry: a failure after which trying again can help, if there is one, else the first.
    public var failure: Failure? { entries.isEmpty ? failures.first(where: \.isTransient) ?? failures.first : nil }

    init() {}

    mutating func note(_ origin: Origin, _ outcome: SourceOutcome.Outcome, _ reason: String) {
        if case .failed(let failure) = outcome { failures.append(failure) }
        sources.append(SourceOutcome(origin: origin, outcome: outcome, reason: reason))
    }

    /// What a registry's refusal of every entry comes to: as long as a source could not be reached, trying again can help, and scripts go by
    /// the code.
    public func weighing(_ refusal: Failure) -> Failure {
        guard refusal.code == .denied, let passing = failures.first(where: \.isTransient) else { return refusal }
        var weighed = refusal
        weighed.code = passing.code
        return weighed
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
