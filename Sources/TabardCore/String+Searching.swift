extension StringProtocol {
    /// Whether `text` stands somewhere in it, byte for byte.
    ///
    /// The standard library's `contains(_:)` for texts lives in _StringProcessing, which brings the whole engine for regular expressions
    /// into every executable and plugin (docs/decisions/0001-cold-start.md).
    public func contains(text: String) -> Bool {
        var rest = utf8[...]
        guard let first = text.utf8.first else { return true }
        while let start = rest.firstIndex(of: first) {
            rest = rest[start...]
            if rest.starts(with: text.utf8) { return true }
            rest = rest.dropFirst()
        }
        return false
    }

    /// With `other` wherever `text`, which is not empty, stood.
    public func replacing(text: String, with other: String) -> String {
        var result: [UInt8] = []
        var rest = utf8[...]
        while let first = rest.first {
            if rest.starts(with: text.utf8) {
                result += other.utf8
                rest = rest.dropFirst(text.utf8.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
