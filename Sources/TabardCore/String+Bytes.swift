extension String {
    /// The text between two offsets in UTF-8, which must lie on character boundaries (they do next to any ASCII byte).
    func slice(_ range: Range<Int>) -> String {
        let start = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
        return String(self[start..<utf8.index(start, offsetBy: range.count)])
    }

    /// How a rejected input is quoted in a failure: at most 200 characters, and never what may be a user and password before an `@`.
    var quotedInFailure: String {
        var shown = self[...]
        if let at = lastAuthorityAt { shown = "…" + shown[at...] }
        return shown.count > 200 ? shown.prefix(200) + "…" : String(shown)
    }

    /// The last `@` that ends user information: one with a `/` before and none between, or with one behind it.
    private var lastAuthorityAt: String.Index? {
        guard let at = utf8.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        let behind = utf8[utf8.index(after: at)...]
        if behind.contains(UInt8(ascii: "/")) || contains("://") { return at }
        // "user:password@host" against "name@sha256:…": only a digest has a colon behind its "@" and 32 or more hexadecimal digits.
        let digits = behind.drop { $0 != UInt8(ascii: ":") }.dropFirst()
        return digits.count >= 32 || !utf8[..<at].contains(UInt8(ascii: ":")) ? nil : at
    }
}
