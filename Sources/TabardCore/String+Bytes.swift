extension String {
    /// The text between two offsets in UTF-8, which must lie on character boundaries (they do next to any ASCII byte).
    func slice(_ range: Range<Int>) -> String {
        let start = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
        return String(self[start..<utf8.index(start, offsetBy: range.count)])
    }

    /// How a rejected input is quoted in a failure: at most 200 characters, and never what may be a user and password before an `@`.
    package var quotedInFailure: String {
        var shown = self[...]
        if let at = endOfUserinfo { shown = "…" + shown[at...] }
        return shown.count > 200 ? shown.prefix(200) + "…" : String(shown)
    }

    /// The last `@` that may end user information: any but the one in front of a digest, when something before it can hold a password.
    private var endOfUserinfo: String.Index? {
        guard let last = utf8.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        let behind = self[utf8.index(after: last)...]
        if ["sha256:", "sha512:"].contains(where: behind.hasPrefix), !behind.utf8.contains(UInt8(ascii: "/")) {
            return utf8[..<last].lastIndex(of: UInt8(ascii: "@"))
        }
        let canHoldPassword = utf8[..<last].contains(UInt8(ascii: ":")) || behind.utf8.contains(UInt8(ascii: "/"))
        return canHoldPassword ? last : nil
    }
}
