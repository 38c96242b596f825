public import TabardCore
public import TabardKeyring

/// Why an image gets the credentials it gets.
public struct Explanation: Sendable {
    /// What nearly matched.
    public struct NearMiss: Sendable {
        /// Whose pattern it is.
        public let origin: Origin
        /// The pattern, as its source wrote it.
        public let pattern: String
        /// The one rule that failed.
        public let reason: String
    }

    /// The image, normalised.
    public let image: ImageReference
    /// The docker config files of the search, in their order.
    public let files: [DockerConfigSearch.Attempt]
    /// What is known, and, where providers were asked, what they said.
    public let resolution: Resolution
    /// Patterns that nearly match.
    public let nearMisses: [NearMiss]
    /// What somebody should look at.
    public let warnings: [String]
}

extension CredentialResolver {
    /// Tells the whole story of an image.
    ///
    /// - Parameters:
    ///   - given: What came with this question alone; tried before the host's own.
    ///   - resolution: What sources said that were asked; nil tells the story without asking anybody.
    public func explain(_ image: ImageReference, given: StaticCredentials? = nil, resolution: Resolution? = nil) -> Explanation {
        let statics = statics
        var known = Resolution()
        if resolution == nil {
            for place in (given?.places ?? []) + statics.places { _ = StaticCredentials.ask(place, about: image, until: nil, into: &known) }
            for match in registry.matches(for: image) {
                known.note(match.provider.origin, .notAsked, "\(match.reason); asked only with --probe")
            }
        }
        var misses = ((given?.groups ?? []) + statics.groups).flatMap { group in
            group.keyring.nearMisses(for: image).map { Explanation.NearMiss(origin: $0.origin, pattern: $0.pattern, reason: $0.reason) }
        }
        for provider in registry.providers where !provider.patterns.contains(where: { $0.matches(image) }) {
            misses += provider.patterns.compactMap { pattern in
                pattern.nearMiss(image).map { Explanation.NearMiss(origin: provider.origin, pattern: pattern.text, reason: $0) }
            }
        }
        let patterns = registry.providers.flatMap { provider in provider.patterns.flatMap(\.warnings).map { "\(provider.id): \($0)" } }
        return Explanation(
            image: image, files: statics.attempts, resolution: resolution ?? known, nearMisses: misses,
            warnings: (given?.warnings ?? []) + (given?.traps ?? []) + statics.warnings + statics.traps + patterns)
    }
}
