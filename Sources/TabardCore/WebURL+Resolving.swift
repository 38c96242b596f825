extension WebURL {
    /// The URL that `reference` (a Location header, a realm, a token path) means, seen from this one: RFC 3986, section 5.2.
    ///
    /// Throws `.invalid` for what `init` refuses. Whether to follow is the caller's decision: compare `origin`.
    public func resolving(_ reference: String) throws(Failure) -> WebURL {
        let bytes = reference.utf8.span
        if Self.hasScheme(bytes) { return try WebURL(reference) }
        if Self.hasPrefix(bytes, "//") { return try WebURL(reference, scheme: scheme, from: 2) }
        guard bytes.count <= Self.maximumLength else {
            throw Self.refused(reference, "it is longer than \(Self.maximumLength) bytes")
        }
        let (relative, newQuery) = try Self.pathAndQuery(reference, bytes, from: 0)
        let newPath: String
        if relative.isEmpty {
            newPath = path
        } else if relative.utf8.first == UInt8(ascii: "/") {
            newPath = Self.withoutDotSegments(relative)
        } else {
            let directory = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? "/"
            newPath = Self.withoutDotSegments(directory + relative)
        }
        return WebURL(
            scheme: scheme, host: host, explicitPort: explicitPort, path: newPath,
            query: relative.isEmpty ? newQuery ?? query : newQuery)
    }

    /// Whether a scheme and its colon come before any `/`, `?` or `#`.
    private static func hasScheme(_ bytes: borrowing Span<UInt8>) -> Bool {
        for index in 0..<bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: ":") { return index > 0 }
            let isInner = byte.isDigit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            guard byte.isLetter || (isInner && index > 0) else { return false }
        }
        return false
    }

    /// RFC 3986, section 5.2.4, for a path that starts with a slash.
    private static func withoutDotSegments(_ path: String) -> String {
        guard path.utf8.contains(UInt8(ascii: ".")) else { return path }
        var kept: [Substring] = []
        let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case ".": if isLast { kept.append("") }
            case "..":
                _ = kept.popLast()
                if isLast { kept.append("") }
            default: kept.append(segment)
            }
        }
        return "/" + kept.joined(separator: "/")
    }
}
