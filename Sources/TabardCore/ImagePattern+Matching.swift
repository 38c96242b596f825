extension ImagePattern {
    /// Whether the image's registry and repository fit. Tag and digest play no part.
    public func matches(_ image: ImageReference) -> Bool {
        let registry = image.registry.utf8.span
        let border = Self.portBorder(registry)
        guard isSame(parts.port, registry, border.portStart..<registry.count) else { return false }
        if !parts.path.isEmpty {
            // The image's path is "/" and its repository.
            let path = parts.path.utf8.span
            let repository = image.repository.utf8.span
            guard path.count - 1 <= repository.count else { return false }
            for index in 1..<path.count where path[index] != repository[index - 1] { return false }
        }
        return matchesHost(registry, border.host)
    }

    /// Whether a text `host[:port][/path]` fits, read like a pattern, as the kubelet does it. Texts that it cannot read fit nothing.
    public func matches(name: String) -> Bool {
        guard let target = try? SchemelessURL(name), target.port == parts.port else { return false }
        guard target.path.utf8.starts(with: parts.path.utf8) else { return false }
        let host = target.host.utf8.span
        return matchesHost(host, 0..<host.count)
    }

    /// Where the host and the port of a valid registry are. An IPv6 address keeps its brackets when it has no port, as in the kubelet.
    private static func portBorder(_ registry: borrowing Span<UInt8>) -> (host: Range<Int>, portStart: Int) {
        var index = registry.count - 1
        while index >= 0, registry[index].isDigit { index -= 1 }
        guard index >= 0, registry[index] == UInt8(ascii: ":") else { return (0..<registry.count, registry.count) }
        return (registry[0] == UInt8(ascii: "[") ? 1..<(index - 1) : 0..<index, index + 1)
    }

    private func isSame(_ text: String, _ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        let own = text.utf8.span
        guard own.count == range.count else { return false }
        for index in range where own[index - range.lowerBound] != bytes[index] { return false }
        return true
    }

    /// Label by label. In brackets (IPv6 without a port) Go's glob is a character class, which never is the address: no match.
    func matchesHost(_ host: borrowing Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard hasWildcard else {
            return parts.host.utf8.first != UInt8(ascii: "[") && isSame(parts.host, host, range)
        }
        let glob = parts.host.utf8.span
        var globStart = 0
        var start = range.lowerBound
        while true {
            let globEnd = Self.labelEnd(glob, from: globStart, to: glob.count)
            let end = Self.labelEnd(host, from: start, to: range.upperBound)
            guard Self.matchesLabel(glob, globStart..<globEnd, host, start..<end) else { return false }
            guard globEnd < glob.count, end < range.upperBound else { return globEnd == glob.count && end == range.upperBound }
            globStart = globEnd + 1
            start = end + 1
        }
    }

    private static func labelEnd(_ bytes: borrowing Span<UInt8>, from start: Int, to limit: Int) -> Int {
        var end = start
        while end < limit, bytes[end] != UInt8(ascii: ".") { end += 1 }
        return end
    }

    /// One label: `*` matches any run, also an empty one; on a mismatch the last star takes one byte more, so the work is bounded by the
    /// product of the two lengths.
    static func matchesLabel(
        _ glob: borrowing Span<UInt8>, _ globRange: Range<Int>, _ label: borrowing Span<UInt8>, _ range: Range<Int>
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
            } else if globIndex < globRange.upperBound, glob[globIndex] == label[index] {
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
