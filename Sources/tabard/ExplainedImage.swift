import TabardCore
import TabardHost
import TabardJSON
import TabardKeyring

/// An explanation as text for people and as JSON for programs.
struct ExplainedImage {
    private let given: String
    private let explanation: Explanation
    private let candidates: [AuthEntry]
    /// What the registry said to each candidate; to nobody, when there is none.
    private var answers: [String] = []

    init(given: String, explanation: Explanation, commandLine: AuthEntry?) {
        self.given = given
        self.explanation = explanation
        candidates = [commandLine].compactMap { $0 } + explanation.resolution.entries
    }

    /// Tries each candidate.
    mutating func probe(_ digest: (AuthEntry?) throws(Failure) -> ContentDigest) {
        for entry in candidates.isEmpty ? [nil] : candidates.map({ Optional($0) }) {
            do throws(Failure) {
                answers.append("accepted: \(try digest(entry))")
            } catch {
                answers.append("\(error.code.rawValue): \(error)")
            }
        }
    }

    /// The story in reading order.
    var text: String {
        let image = explanation.image
        var lines = ["\(given)"]
        lines.append(
            "  is \(image) (registry \(image.registry), repository \(image.repository)\(image.isTagDefaulted ? ", tag latest because none was given" : ""))"
        )
        lines.append("files of the docker config:")
        for file in explanation.files { lines.append("  \(file.path): \(Self.words(file.outcome))") }
        if explanation.files.isEmpty { lines.append("  none were looked for") }
        lines.append("sources, in the order they are asked:")
        for source in explanation.resolution.sources { lines.append("  \(source.origin): \(source.words)") }
        if explanation.resolution.sources.isEmpty { lines.append("  none serves this image") }
        if !explanation.nearMisses.isEmpty {
            lines.append("patterns that nearly match:")
            for miss in explanation.nearMisses { lines.append("  \(miss.pattern) (\(miss.origin)): \(miss.reason)") }
        }
        lines.append("credentials, in the order they would be tried:")
        for (index, entry) in candidates.enumerated() {
            let expires = entry.expires.map { ", expires \($0.rfc3339)" } ?? ""
            lines.append("  \(index + 1). user \"\(entry.username)\" for \(entry.pattern), from \(entry.origin)\(expires)")
            if index < answers.count { lines.append("     \(answers[index])") }
        }
        if let ending { lines.append("  \(ending)" + (answers.first.map { "; \($0)" } ?? "")) }
        if !explanation.warnings.isEmpty {
            lines.append("warnings:")
            for warning in explanation.warnings { lines.append("  \(warning)") }
        }
        return lines.map { $0.escapingControlCharacters() }.joined(separator: "\n")
    }

    /// What stands where no credential is known.
    private var ending: String? {
        guard candidates.isEmpty else { return nil }
        if let failure = explanation.resolution.failure { return "none, and a pull would stop: \(failure)" }
        let unasked = explanation.resolution.sources.filter { source in
            if case .notAsked = source.outcome { true } else { false }
        }
        guard unasked.isEmpty else {
            return
                "none is known before \(unasked.map(\.origin.description).joined(separator: ", ")) is asked; a pull does that, and so does --probe"
        }
        return "none: the registry would be asked anonymously"
    }

    /// The same as one object.
    var json: String {
        let image = explanation.image
        var json = JSONWriter(.pretty)
        json.object { json in
            json.field("image", given)
            json.object("reference") { json in
                json.field("name", image.description)
                json.field("registry", image.registry)
                json.field("repository", image.repository)
                if let tag = image.tag { json.field("tag", tag) } else { json.nullField("tag") }
                if let digest = image.digest { json.field("digest", digest.description) } else { json.nullField("digest") }
            }
            json.array("candidates") { json in
                for (index, entry) in candidates.enumerated() {
                    json.object { json in
                        json.field("username", entry.username)
                        json.field("pattern", entry.pattern)
                        json.field("source", entry.origin.source.rawValue)
                        json.field("origin", entry.origin.detail)
                        if let expires = entry.expires { json.field("expires", expires.rfc3339) } else { json.nullField("expires") }
                        if index < answers.count { json.field("probe", answers[index]) }
                    }
                }
            }
            json.array("sources") { json in
                for source in explanation.resolution.sources {
                    json.object { json in
                        json.field("origin", source.origin.description)
                        json.field("outcome", source.outcome.name)
                        json.field("reason", source.reason)
                    }
                }
            }
            json.array("files") { json in
                for file in explanation.files {
                    json.object { json in
                        json.field("path", file.path)
                        json.field("outcome", Self.words(file.outcome))
                    }
                }
            }
            json.array("nearMisses") { json in
                for miss in explanation.nearMisses {
                    json.object { json in
                        json.field("pattern", miss.pattern)
                        json.field("origin", miss.origin.description)
                        json.field("reason", miss.reason)
                    }
                }
            }
            if candidates.isEmpty, let answer = answers.first { json.field("anonymous", answer) }
            json.field("warnings", explanation.warnings)
        }
        return String(decoding: json.finishBytes(), as: UTF8.self)
    }

    private static func words(_ outcome: DockerConfigSearch.Outcome) -> String {
        switch outcome {
        case .taken: "read; it is the one that counts"
        case .missing: "not there"
        case .unusable(let failure): "passed over: \(failure.reason)"
        case .notTried: "not opened, because an earlier one counts"
        }
    }
}

extension SourceOutcome {
    /// Outcome and reason for people.
    fileprivate var words: String {
        switch outcome {
        case .gave(let count): "\(count == 1 ? "one credential" : "\(count) credentials"); \(reason)"
        case .nothing: "nothing; \(reason)"
        case .failed: "failed; \(reason)"
        case .notAsked: "not asked; \(reason)"
        }
    }
}
