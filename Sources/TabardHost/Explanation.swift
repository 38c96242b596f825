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
    /// - Parameter resolution: The answer of `resolve`, when providers were to be asked; nil tells it without asking anybody.
    public func explain(_ image: ImageReference, resolution: Resolution? = nil) -> Explanation {
        var known = Resolution()
        if resolution == nil {
            _ = statics.answer(image, until: nil, into: &known)
            for match in registry.matches(for: image) {
                let why = match.pattern.map { "\($0) matches" } ?? "it is asked for every image"
                known.note(match.provider.origin, .notAsked, "\(why); asked only with --probe")
            }
        }
        var misses = statics.groups.flatMap { group in
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
            warnings: statics.warnings + patterns)
    }
}
