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
    /// What somebody should look at, first; one line each.
    let problems: [String]
    /// Keys that somebody should look at next, those that match the image in front. There may be thousands.
    let traps: [KeyedEntry]
    /// Patterns of providers that somebody should look at last.
    let patternWarnings: [String]

    /// What somebody should look at, one line each.
    public var warnings: [String] { problems + traps.compactMap(\.warning) + patternWarnings }

    /// The first lines of `warnings`, and how many there are behind them, for people who read only so many.
    public func warnings(atMost most: Int) -> (lines: [String], more: Int) {
        let count = problems.count + traps.count + patternWarnings.count
        let lines = problems + traps.prefix(most).compactMap(\.warning) + patternWarnings
        return (Array(lines.prefix(most)), max(count - most, 0))
    }
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
        for key in (given?.spoiled ?? []) + statics.spoiled where key.pattern.matches(image) {
            misses.append(
                Explanation.NearMiss(
                    origin: Origin(.dockerConfig, key.problem.subject), pattern: key.pattern.text,
                    reason: "it matches, but its entry cannot be used: \(key.problem.reason)"))
        }
        for provider in registry.providers where provider.serving(image).isEmpty {
            misses += provider.patterns.compactMap { pattern in
                pattern.nearMiss(image).map { Explanation.NearMiss(origin: provider.origin, pattern: pattern.text, reason: $0) }
            }
        }
        let patterns = registry.providers.flatMap { provider in provider.patterns.flatMap(\.warnings).map { "\(provider.id): \($0)" } }
        var matching: [KeyedEntry] = []
        var others: [KeyedEntry] = []
        for trap in (given?.traps ?? []) + statics.traps {
            if trap.matches(image) { matching.append(trap) } else { others.append(trap) }
        }
        return Explanation(
            image: image, files: statics.attempts, resolution: resolution ?? known, nearMisses: misses,
            problems: (given?.warnings ?? []) + statics.warnings,
            traps: matching + others, patternWarnings: patterns)
    }
}
