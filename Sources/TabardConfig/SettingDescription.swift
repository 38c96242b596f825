/// One setting that a provider understands, as it describes it.
public struct SettingDescription: Sendable, Hashable {
    /// What a value must look like.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Any text.
        case text
        /// `true` or `false`.
        case flag
        /// A decimal number.
        case number
        /// `90s`, `1h30m`.
        case duration
        /// An http or https URL.
        case url
        /// A file or folder.
        case path
        /// A kubelet match pattern.
        case pattern

        /// The kind with that number in `tabard.h`; numbers that nobody has defined are text.
        public init(code: Int32) {
            let kinds: [Kind] = [.text, .flag, .number, .duration, .url, .path, .pattern]
            self = (1...7).contains(code) ? kinds[Int(code) - 1] : .text
        }
    }

    /// The flat key, with the numbers of list elements left out: `rules.match` stands for `rules.0.match`, `rules.1.match` …
    public var key: String
    /// One line: meaning, unit, default.
    public var doc: String
    /// What a value must look like.
    public var kind: Kind
    /// Never shown, never logged.
    public var isSecret: Bool
    /// May be given as a list.
    public var isRepeated: Bool

    /// Makes a description.
    public init(key: String, doc: String, kind: Kind = .text, isSecret: Bool = false, isRepeated: Bool = false) {
        self.key = key
        self.doc = doc
        self.kind = kind
        self.isSecret = isSecret
        self.isRepeated = isRepeated
    }
}
