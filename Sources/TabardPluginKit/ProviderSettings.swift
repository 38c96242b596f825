public import TabardCore

/// What the operator wrote for one provider: flat keys, list positions as numbers (`region`, `matchImages.0`, `rules.1.match`).
public struct ProviderSettings: Sendable {
    private var texts: [String: String] = [:]
    private var secrets: [String: Secret] = [:]

    /// Settings of these texts, for tests; nothing is checked.
    public init(_ texts: [String: String] = [:], secrets: [String: Secret] = [:]) {
        self.texts = texts
        self.secrets = secrets
    }

    /// The text of a setting that is not described as secret, or nil when the operator did not write it.
    public subscript(_ key: String) -> String? { texts[key] }

    /// The value of a setting that is described as secret, or nil when the operator did not write it.
    public func secret(_ key: String) -> Secret? { secrets[key] }

    /// The texts of a repeated setting in the operator's order: `key.0`, `key.1` and so on; a single `key` counts as a list of one.
    public func all(_ key: String) -> [String] {
        if let single = texts[key] { return [single] }
        var list: [String] = []
        while let text = texts["\(key).\(list.count)"] { list.append(text) }
        return list
    }

    /// Whether a flag is `true`; `standard` when the operator did not write it.
    public func flag(_ key: String, default standard: Bool = false) -> Bool { texts[key].map { $0 == "true" } ?? standard }

    /// The elements of a list of objects, each with its keys as if it stood alone: `rules.1.match` is `match` of the second.
    public func elements(_ key: String) -> [ProviderSettings] {
        var list: [ProviderSettings] = []
        while true {
            let prefix = "\(key).\(list.count)."
            let element = ProviderSettings(Self.below(prefix, in: texts), secrets: Self.below(prefix, in: secrets))
            if element.texts.isEmpty && element.secrets.isEmpty { return list }
            list.append(element)
        }
    }

    /// Every key that the operator wrote, sorted.
    public var keys: [String] { (Array(texts.keys) + Array(secrets.keys)).sorted() }

    private static func below<Value>(_ prefix: String, in values: [String: Value]) -> [String: Value] {
        var found: [String: Value] = [:]
        for (key, value) in values where key.hasPrefix(prefix) { found[String(key.dropFirst(prefix.count))] = value }
        return found
    }
}

extension ProviderSettings {
    /// The operator's own patterns (`matchImages`): hosts that may get this provider's credentials beyond those that it knows by itself.
    ///
    /// - Throws: `.invalid` for a pattern that cannot be one.
    public func operatorPatterns() throws(Failure) -> [ImagePattern] {
        var patterns: [ImagePattern] = []
        for text in all("matchImages") { patterns.append(try ImagePattern(text)) }
        return patterns
    }
}
