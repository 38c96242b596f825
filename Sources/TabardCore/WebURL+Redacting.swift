extension WebURL {
    /// The query keys whose values say what was asked and never grant anything: those of the registry token protocol, of uploads and of
    /// the metadata services.
    private static let harmlessKeys: Set<String> = [
        "account", "alt", "api-version", "audience", "client_id", "digest", "from", "last", "mount", "n", "ns", "offline_token",
        "recursive", "resource", "scope", "service",
    ]

    /// Any text that may be a URL, fit for a log: without user information and fragment, and with every value in its query replaced by
    /// `redacted`, except those of well-known harmless keys. The keys come in byte order. Text without them is not changed.
    public static func redacting(_ text: String) -> String {
        var shown = text[...]
        if let hash = shown.utf8.firstIndex(of: UInt8(ascii: "#")) { shown = shown[..<hash] }
        var query: Substring?
        if let question = shown.utf8.firstIndex(of: UInt8(ascii: "?")) {
            query = shown[shown.utf8.index(after: question)...]
            shown = shown[..<question]
        }
        var result = String(shown)
        if let start = shown.range(ofAuthority: "://") {
            let end = shown[start...].utf8.firstIndex(of: UInt8(ascii: "/")) ?? shown.endIndex
            if let at = shown[start..<end].utf8.lastIndex(of: UInt8(ascii: "@")) {
                result = "\(shown[..<start])redacted\(shown[at...])"
            }
        }
        guard let query else { return result }
        guard !query.isEmpty else { return result + "?" }
        let pairs = query.split(separator: "&", omittingEmptySubsequences: true).map { pair -> (key: Substring, shown: String) in
            guard let equals = pair.utf8.firstIndex(of: UInt8(ascii: "=")) else {
                // A word alone may be a value: kept only when it is known.
                return (pair, harmlessKeys.contains(String(pair)) ? String(pair) : "redacted")
            }
            let key = pair[..<equals]
            return (key, harmlessKeys.contains(String(key)) ? String(pair) : "\(key)=redacted")
        }
        let sorted = pairs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return "\(result)?\(sorted.map(\.shown).joined(separator: "&"))"
    }
}

extension Substring {
    /// The index behind the first `mark`.
    fileprivate func range(ofAuthority mark: String) -> Index? {
        var rest = self
        while let first = mark.first, let index = rest.firstIndex(of: first) {
            rest = rest[index...]
            if rest.hasPrefix(mark) { return rest.index(index, offsetBy: mark.count) }
            rest = rest.dropFirst()
        }
        return nil
    }
}
