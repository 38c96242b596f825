/// One setting that a provider understands.
public struct SettingDescription: Sendable {
    /// What values are allowed.
    public enum Kind: Sendable {
        /// Any text.
        case text
        /// `true` or `false`.
        case flag
        /// A decimal 64-bit integer.
        case number
        /// `90s`, `1h30m`.
        case duration
        /// Absolute, http or https.
        case url
        /// Of a file, absolute.
        case path
        /// A kubelet match pattern.
        case pattern
    }

    /// The key with list positions left out: `region`; `rules.match` stands for `rules.0.match`, `rules.1.match` and so on.
    public var key: String
    /// One line: meaning, unit, default.
    public var doc: String
    /// What values are allowed.
    public var kind: Kind
    /// Whether the value is never shown and reaches the provider as a `Secret` only.
    public var isSecret: Bool
    /// Whether a list is allowed: `key.0`, `key.1` and so on.
    public var isRepeated: Bool

    /// Makes a description; see the fields.
    public init(_ key: String, _ doc: String, kind: Kind = .text, isSecret: Bool = false, isRepeated: Bool = false) {
        self.key = key
        self.doc = doc
        self.kind = kind
        self.isSecret = isSecret
        self.isRepeated = isRepeated
    }
}
