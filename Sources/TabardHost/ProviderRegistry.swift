public import TabardCore

/// The providers of this host, and which of them serve an image.
public final class ProviderRegistry: Sendable {
    /// A provider that serves an image, with the pattern that says so; nil when it is asked for every image.
    public struct Match: Sendable {
        /// The provider.
        public let provider: any Provider
        /// Its most specific pattern that matches.
        public let pattern: ImagePattern?

        /// Why it is asked, in words.
        var reason: String { pattern.map { "\($0) matches" } ?? "it is asked for every image" }
    }

    /// All of them, by id.
    public let providers: [any Provider]

    /// Keeps `providers` and says each one's id in the log, as node operators look for it.
    public init(_ providers: [any Provider], log: LogSink) {
        self.providers = providers.sorted { $0.id < $1.id }
        for provider in self.providers { log(.info(4), "Registering credential provider: \(provider.id)") }
    }

    /// The providers to ask about an image: the one with the most specific pattern first, those without a pattern last.
    ///
    /// - Parameter chosen: The ids of the only ones that are wanted; nil for all.
    public func matches(for image: ImageReference, among chosen: Set<String>? = nil) -> [Match] {
        let found = providers.compactMap { provider -> Match? in
            guard chosen?.contains(provider.id) ?? true else { return nil }
            let matching = provider.serving(image)
            let best = matching.dropFirst().reduce(matching.first) { best, next in
                best.map { next.isMoreSpecific(than: $0) ? next : $0 }
            }
            return best != nil || provider.matchesEveryImage ? Match(provider: provider, pattern: best) : nil
        }
        // The sort is stable: with equal patterns the ids decide.
        return found.sorted { left, right in
            guard let mine = left.pattern else { return false }
            guard let other = right.pattern else { return true }
            return mine.isMoreSpecific(than: other)
        }
    }
}
