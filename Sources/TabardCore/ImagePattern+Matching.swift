extension ImagePattern {
    /// Whether the image's registry and repository fit. Tag and digest play no part.
    public func matches(_ image: ImageReference) -> Bool {
        let own = parts.text.utf8.span
        let registry = image.registry.utf8.span
        let border = Self.portBorder(registry)
        guard Self.isSame(own, parts.portRange, registry, border.portStart..<registry.count) else { return false }
        if !parts.pathRange.isEmpty {
            // The image's path is "/" and its repository.
            let repository = image.repository.utf8.span
            let count = parts.pathRange.count - 1
            guard count <= repository.count else { return false }
            guard Self.isSame(own, parts.pathRange.dropFirst(), repository, 0..<count) else { return false }
        }
        return matchesHost(registry, border.host)
    }

    /// Whether a text `host[:port][/path]` fits, read like a pattern, as the kubelet does it. Texts that it cannot read fit nothing.
    public func matches(name: String) -> Bool {
        guard let target = try? SchemelessURL(name) else { return false }
        let bytes = target.text.utf8.span
        return hasSamePort(target) && hasPathInFront(target) && matchesHost(bytes, target.hostRange)
    }

    /// Whether the pattern's path, which starts the image's, ends where a component of that ends: podman's rule, not the kubelet's.
    package func endsAtComponent(of image: ImageReference) -> Bool {
        let repository = image.repository.utf8.span
        let count = parts.pathRange.count - 1
        return count <= 0 || count >= repository.count || repository[count] == UInt8(ascii: "/")
            || repository[count - 1] == UInt8(ascii: "/")
    }

    func hasSamePort(_ target: SchemelessURL) -> Bool {
        Self.isSame(parts.text.utf8.span, parts.portRange, target.text.utf8.span, target.portRange)
    }

    /// Whether the target's path starts with the pattern's.
    func hasPathInFront(_ target: SchemelessURL) -> Bool {
        parts.pathRange.count <= target.pathRange.count
            && Self.isSame(parts.text.utf8.span, parts.pathRange, target.text.utf8.span, target.pathRange.prefix(parts.pathRange.count))
    }

    /// Where the host and the port of a valid registry are. An IPv6 address keeps its brackets when it has no port, as in the kubelet.
    private static func portBorder(_ registry: borrowing Span<UInt8>) -> (host: Range<Int>, portStart: Int) {
        var index = registry.count - 1
        while index >= 0, registry[index].isDigit { index -= 1 }
        guard index >= 0, registry[index] == UInt8(ascii: ":") else { return (0..<registry.count, registry.count) }
        return (registry[0] == UInt8(ascii: "[") ? 1..<(index - 1) : 0..<index, index + 1)
    }

    private static func isSame(
        _ left: borrowing Span<UInt8>, _ leftRange: Range<Int>, _ right: borrowing Span<UInt8>, _ rightRange: Range<Int>
    ) -> Bool {
        guard leftRange.count == rightRange.count else { return false }
        let distance = rightRange.lowerBound - leftRange.lowerBound
        for index in leftRange where left[index] != right[index + distance] { return false }
        return true
    }

    /// Whether the host is an IPv6 address without a port, which keeps its brackets.
    var isBareAddress: Bool {
        let bytes = parts.text.utf8.span
        return bytes[parts.hostRange.lowerBound] == UInt8(ascii: "[")
    }

    /// Label by label. In brackets (IPv6 without a port) Go's glob is a character class, which never is the address: no match.
    func matchesHost(_ host: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        let glob = parts.text.utf8.span
        guard hasWildcard else {
            return !isBareAddress && Self.isSame(glob, parts.hostRange, host, range)
        }
        var globStart = parts.hostRange.lowerBound
        var start = range.lowerBound
        while true {
            let globEnd = Self.labelEnd(glob, from: globStart, to: parts.hostRange.upperBound)
            let end = Self.labelEnd(host, from: start, to: range.upperBound)
            guard Self.matchesLabel(glob, globStart..<globEnd, host, start..<end) else { return false }
            guard globEnd < parts.hostRange.upperBound, end < range.upperBound else {
                return globEnd == parts.hostRange.upperBound && end == range.upperBound
            }
            globStart = globEnd + 1
            start = end + 1
        }
    }

    static func labelEnd(_ bytes: borrowing Span<UInt8>, from start: Int, to limit: Int) -> Int {
        var end = start
        while end < limit, bytes[end] != UInt8(ascii: ".") { end += 1 }
        return end
    }

    /// One label: `*` matches any run, also an empty one; on a mismatch the last star takes one byte more, so the work is bounded by the
    /// product of the two lengths.
    static func matchesLabel(
        _ glob: borrowing Span<UInt8>, _ globRange: Range<Int>, _ label: borrowing Span<UInt8>, _ range: Range<Int>,
        ignoringCase: Bool = false
    ) -> Bool {
        var globIndex = globRange.lowerBound
        var index = range.lowerBound
        var afterStar: Int?
        var retry = 0
        while index < range.upperBound {
            if globIndex < globRange.upperBound, glob[globIndex] == UInt8(ascii: "*") {
                globIndex += 1
                afterStar = globIndex
                retry = index
            } else if globIndex < globRange.upperBound,
                glob[globIndex] == label[index] || ignoringCase && glob[globIndex].lowercased == label[index].lowercased
            {
                globIndex += 1
                index += 1
            } else if let afterStar {
                retry += 1
                globIndex = afterStar
                index = retry
            } else {
                return false
            }
        }
        while globIndex < globRange.upperBound, glob[globIndex] == UInt8(ascii: "*") { globIndex += 1 }
        return globIndex == globRange.upperBound
    }
}
