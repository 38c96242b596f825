public import TabardCore
import TabardJSON
public import TabardKeyring

extension Explanation {
    /// The explanation as one object, without passwords.
    ///
    /// - Parameters:
    ///   - given: The image as it was asked for.
    ///   - candidates: What would be tried, in that order.
    ///   - answers: What the registry said to each candidate, or to nobody when there is none; empty when it was not asked.
    ///   - mirrors: What is asked before the registry: the image as each place names it, its own explanation (nil where nobody says who is
    ///     asking), and what it said. nil for a program that has no mirrors.
    public func json(
        given: String, candidates: [AuthEntry], answers: [String] = [],
        mirrors: [(image: ImageReference, explanation: Explanation?, answers: [String])]? = nil
    ) -> String {
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
            writeCandidates(candidates, answers, to: &json)
            writeSources(to: &json)
            json.array("files") { json in
                for file in files {
                    json.object { json in
                        json.field("path", file.path)
                        json.field("outcome", file.outcome.words)
                    }
                }
            }
            json.array("nearMisses") { json in
                for miss in nearMisses {
                    json.object { json in
                        json.field("pattern", miss.pattern)
                        json.field("origin", miss.origin.description)
                        json.field("reason", miss.reason)
                    }
                }
            }
            if let mirrors {
                json.array("mirrors") { json in
                    for mirror in mirrors {
                        json.object { json in
                            json.field("image", mirror.image.description)
                            let candidates = mirror.explanation?.resolution.entries ?? []
                            (mirror.explanation ?? self).writeCandidates(candidates, mirror.answers, to: &json)
                            mirror.explanation?.writeSources(to: &json)
                        }
                    }
                }
            }
            json.field("warnings", warnings)
        }
        return String(decoding: json.finishBytes(), as: UTF8.self)
    }

    private func writeCandidates(_ candidates: [AuthEntry], _ answers: [String], to json: inout JSONWriter) {
        json.array("candidates") { json in
            for (index, entry) in candidates.enumerated() {
                json.object { json in
                    json.field("kind", entry.kind.rawValue)
                    json.field("username", entry.username)
                    json.field("pattern", entry.pattern)
                    json.field("source", entry.origin.source.rawValue)
                    json.field("origin", entry.origin.detail)
                    if let expires = entry.expires { json.field("expires", expires.rfc3339) } else { json.nullField("expires") }
                    if let source = source(of: entry) { Self.write(source, to: &json) }
                    if index < answers.count { json.field("probe", answers[index]) }
                }
            }
        }
        if candidates.isEmpty, let answer = answers.first { json.field("anonymous", answer) }
    }

    private func writeSources(to json: inout JSONWriter) {
        json.array("sources") { json in
            for source in resolution.sources {
                json.object { json in
                    json.field("origin", source.origin.description)
                    json.field("outcome", source.outcome.name)
                    json.field("reason", source.reason)
                    Self.write(source, to: &json)
                }
            }
        }
    }

    /// How widely and how long a provider's answer may be reused.
    private static func write(_ source: SourceOutcome, to json: inout JSONWriter) {
        if let scope = source.scope { json.field("scope", scope.rawValue) }
        if let lifetime = source.lifetime { json.field("lifetime", GoDuration.format(lifetime)) }
    }

    /// The source that gave an entry, with how long and how widely that holds.
    public func source(of entry: AuthEntry) -> SourceOutcome? { resolution.sources.first { $0.origin == entry.origin } }
}

extension DockerConfigSearch.Outcome {
    /// What became of the file, for people.
    public var words: String {
        switch self {
        case .taken(let config):
            config.isNamespaced ? "read as podman reads it: \(config.summary)" : "read, and it is the one that counts: \(config.summary)"
        case .missing: "not there"
        case .unusable(let failure): "passed over: \(failure.reason) (\(failure.subject))"
        case .notTried: "not opened, because an earlier one counts"
        }
    }
}
