import TabardCore
import TabardHost
import TabardKeyring

extension ExplainedImage {
    /// The story in reading order.
    var text: String {
        let sections = [
            ("", name), ("Docker config files", files), ("Sources, in the order a pull asks them", sources),
            ("Patterns that nearly match", nearMisses), ("Mirrors, in the order a pull asks them before the registry", mirrorLines),
            ("Credentials, in the order a pull tries them", credentials), ("Worth a look", warnings),
        ]
        return sections.filter { !$0.1.isEmpty }.map { title, lines in
            ([title].filter { !$0.isEmpty } + lines.map { title.isEmpty ? $0 : "  \($0)" }).map { $0.escapingControlCharacters() }
                .joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    /// What the name means, and how it was completed.
    private var name: [String] {
        let image = explanation.image
        let isRegistryNamed = image.text.hasPrefix("\(image.registry)/")
        let isRepositoryShort = image.repository.hasPrefix("library/") && !image.text.contains("library/")
        var parts = [
            "registry \(image.registry)"
                + (isRegistryNamed ? "" : image.text.contains("docker.io/") ? " (another name of it is given)" : " (none is named)"),
            "repository \(image.repository)" + (isRepositoryShort ? " (single words are in library/)" : ""),
        ]
        if let tag = image.tag {
            parts.append("tag \(tag)" + (image.isTagDefaulted ? " (none is given)" : image.digest != nil ? " (the digest decides)" : ""))
        }
        if let digest = image.digest { parts.append("digest \(digest)") }
        let isComplete = image.text == image.description
        return [
            isComplete ? image.text : "\(image.text) is \(image)", "  \(parts.joined(separator: ", "))",
            "  compared with patterns as \(image.name)",
        ]
    }

    private var files: [String] {
        let files = explanation.files
        guard !files.isEmpty else { return ["none were looked for"] }
        let opened = files.filter { if case .notTried = $0.outcome { false } else { true } }
        let unopened = files.count - opened.count
        return opened.map { "\($0.path): \($0.outcome.words)" }
            + (unopened > 0
                ? ["\(unopened) more \(unopened == 1 ? "place was" : "places were") not looked at, because the first file counts"] : [])
    }

    private var sources: [String] {
        let sources = explanation.resolution.sources
        guard !sources.isEmpty else { return ["none serves this image"] }
        return sources.map { source in
            switch source.outcome {
            case .gave(let count): "\(source.origin): \(count == 1 ? "one credential" : "\(count) credentials"); \(source.reason)"
            case .nothing: "\(source.origin): nothing; \(source.reason)"
            case .failed: "\(source.origin): failed; \(source.reason)"
            case .notAsked: "\(source.origin): not asked; \(source.reason)"
            }
        }
    }

    private var nearMisses: [String] {
        Self.shortened(explanation.nearMisses.map { "\($0.pattern) (\($0.origin)): \($0.reason)" })
    }

    private var warnings: [String] {
        let (lines, more) = explanation.warnings(atMost: Self.most)
        return lines + Self.remark(on: more)
    }

    private var mirrorLines: [String] {
        guard !mirrors.isEmpty else { return [] }
        let lines = mirrors.enumerated().flatMap { number, mirror in
            ["\(number + 1). \(mirror.image)"]
                + (mirror.story?.credentials ?? ["anonymously: nobody tells it who is asking"]).map { "   \($0)" }
        }
        let note =
            explanation.image.isTagDefaulted || explanation.image.tag == "latest" && explanation.image.digest == nil
            ? ["what \(explanation.image.tag ?? "latest") is, the registry says, as with the policy Always; mirrors give the content"] : []
        return lines + note
    }

    private var credentials: [String] {
        guard !candidates.isEmpty else { return [ending + (answers.first.map { "; \($0.text)" } ?? "")] }
        var lines: [String] = []
        for (index, entry) in candidates.enumerated() {
            let kind =
                switch entry.kind {
                case .basic: ""
                case .identityToken: "identity token of "
                case .registryToken: "registry token of "
                }
            lines.append("\(index + 1). \(kind)user \"\(entry.username)\" for \(entry.pattern), from \(entry.origin)\(lifetime(of: entry))")
            if index < answers.count { lines.append("   \(answers[index].text)") }
        }
        return lines + (conclusion.map { [$0] } ?? [])
    }

    /// How long an entry holds and what it may be reused for, as far as anybody said.
    private func lifetime(of entry: AuthEntry) -> String {
        var parts: [String] = []
        if let expires = entry.expires { parts.append("expires \(expires.rfc3339)") }
        if let source = explanation.source(of: entry), let scope = source.scope, let lifetime = source.lifetime {
            let reach =
                switch scope {
                case .image: "this image"
                case .registry: "this registry"
                case .global: "all its images"
                }
            parts.append(lifetime > .zero ? "kept \(GoDuration.format(lifetime)) for \(reach)" : "not kept")
        }
        return parts.isEmpty ? "" : "; " + parts.joined(separator: ", ")
    }

    /// What a pull would do, where that is known.
    private var conclusion: String? {
        let unasked = unasked
        guard !answers.isEmpty else {
            return unasked.isEmpty ? nil : "then \(unasked) would be asked, if none of these is accepted"
        }
        let accepted = answers.firstIndex { if case .accepted = $0 { true } else { false } }
        guard let accepted else { return "a pull would fail: \(explanation.image.registry) accepts none of them" }
        return accepted + 1 == candidates.count
            ? "a pull would use no. \(accepted + 1)" : "a pull would use no. \(accepted + 1), and ask for nothing behind it"
    }

    private var unasked: String {
        explanation.resolution.sources.filter { source in
            // The helper tabard is this program itself.
            if case .notAsked = source.outcome { source.origin.detail != "docker-credential-tabard" } else { false }
        }.map(\.origin.description)
            .joined(separator: ", ")
    }

    /// What stands where no credential is known.
    private var ending: String {
        if let failure = explanation.resolution.failure { return "none, and a pull would stop: \(failure)" }
        guard unasked.isEmpty else { return "none is known before \(unasked) is asked; a pull does that, and so does --probe" }
        return "none: \(explanation.image.registry) would be asked anonymously"
    }

    private static func shortened(_ lines: [String]) -> [String] {
        lines.prefix(most) + remark(on: lines.count - most)
    }

    private static let most = 12

    private static func remark(on more: Int) -> [String] { more > 0 ? ["\(more) more; --json has all"] : [] }
}
