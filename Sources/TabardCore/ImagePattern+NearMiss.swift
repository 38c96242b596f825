extension ImagePattern {
    /// Why the pattern nearly matched, as a clause that follows "does not match because": the one rule that failed.
    ///
    /// Nil when it matches, and when so much differs that nobody meant it.
    public func nearMiss(_ image: ImageReference) -> String? { miss(ComparedImage(image))?.reason }

    /// The same, with how far it is off. Cheap for a pattern that is far off, of which there may be thousands.
    package func miss(_ compared: ComparedImage) -> Miss? {
        let image = compared.image
        guard !matches(image), let target = compared.target else { return nil }
        if let scheme = schemeInFront {
            guard let rest = try? ImagePattern(text.slice(scheme.utf8.count..<text.utf8.count)) else { return nil }
            return rest.matches(image) ? Miss(reason: "patterns have no scheme: leave out \(scheme)") : rest.miss(compared)
        }
        if isBareAddress, parts.authority == target.authority {
            return Miss(reason: "an IPv6 address without a port never matches: write the port in the image and in the pattern")
        }
        if compared.isOnDockerHub, ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"].contains(host) {
            return Miss(reason: "Docker Hub is matched as docker.io, not as \(host)")
        }
        let samePath = hasPathInFront(target)
        guard hasSamePort(target) else { return samePath && hasSameHost(target) ? portDifference(target) : nil }
        guard samePath else { return hasSameHost(target) ? pathDifference(target.path) : nil }
        let bytes = target.text.utf8.span
        let labels = (own: Self.labelCount(parts.text.utf8.span, parts.hostRange), other: Self.labelCount(bytes, target.hostRange))
        if labels.own == labels.other {
            return fits(bytes, target.hostRange, ignoringCase: true)
                ? Miss(reason: "the hosts differ in upper and lower case, which counts") : nil
        }
        guard isNear(target, labels) else { return nil }
        return Miss(
            reason: "the pattern's host has \(labels.own) labels, the image's \(labels.other): each '*' stands for exactly one")
    }

    /// Why it does not match.
    package struct Miss {
        package let reason: String
        /// For another repository of the same registry: the bytes that the two paths have in common. Nil for every other reason.
        package var commonPath: Int?
    }

    private var host: String { parts.host }

    private func hasSameHost(_ target: SchemelessURL) -> Bool { matchesHost(target.text.utf8.span, target.hostRange) }

    private func portDifference(_ target: SchemelessURL) -> Miss {
        if parts.portRange.isEmpty {
            return Miss(reason: "the image has port \(target.port) and the pattern has none: write \(host):\(target.port)")
        }
        if target.portRange.isEmpty { return Miss(reason: "the pattern has port \(parts.port) and the image has none") }
        return Miss(reason: "the image has port \(target.port), the pattern \(parts.port)")
    }

    private static func labelCount(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>) -> Int {
        var count = 1
        for index in range where bytes[index] == UInt8(ascii: ".") { count += 1 }
        return count
    }

    /// Whether the labels, laid side by side from the front, fit as far as both go.
    private func fits(
        _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, skipping: Int = 0, _ otherSkipping: Int = 0, ignoringCase: Bool = false
    ) -> Bool {
        let glob = parts.text.utf8.span
        let globEnd = parts.hostRange.upperBound
        var globStart = Self.start(glob, parts.hostRange, ofLabel: skipping)
        var start = Self.start(bytes, range, ofLabel: otherSkipping)
        while true {
            let globLabelEnd = Self.labelEnd(glob, from: globStart, to: globEnd)
            let labelEnd = Self.labelEnd(bytes, from: start, to: range.upperBound)
            guard Self.matchesLabel(glob, globStart..<globLabelEnd, bytes, start..<labelEnd, ignoringCase: ignoringCase) else {
                return false
            }
            guard globLabelEnd < globEnd, labelEnd < range.upperBound else { return true }
            globStart = globLabelEnd + 1
            start = labelEnd + 1
        }
    }

    private static func start(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>, ofLabel number: Int) -> Int {
        var start = range.lowerBound
        for _ in 0..<number { start = labelEnd(bytes, from: start, to: range.upperBound) + 1 }
        return start
    }

    /// Aligned at the front or at the end, everything that has a partner fits: a forgotten or a surplus label.
    ///
    /// Stars alone make nothing near: every word of the pattern has to be there, and where more than one label is amiss, two words.
    private func isNear(_ target: SchemelessURL, _ labels: (own: Int, other: Int)) -> Bool {
        let bytes = target.text.utf8.span
        let surplus = max(labels.own - labels.other, 0)
        let lacking = max(labels.other - labels.own, 0)
        let front = fits(bytes, target.hostRange)
        guard front || fits(bytes, target.hostRange, skipping: surplus, lacking) else { return false }
        let globs = host.split(separator: ".", omittingEmptySubsequences: false)
        let words = globs.count { $0 != "*" }
        guard words > 1 || words == 1 && surplus + lacking == 1 else { return false }
        if front, globs.suffix(surplus).allSatisfy({ $0 == "*" }) { return true }
        return globs.prefix(surplus).allSatisfy { $0 == "*" } && fits(bytes, target.hostRange, skipping: surplus, lacking)
    }

    private func pathDifference(_ path: String) -> Miss {
        let own = parts.path
        if own.utf8.contains(UInt8(ascii: "*")) { return Miss(reason: "'*' is no wildcard in a path: write the path up to it") }
        if own.hasSuffix("/"), own.utf8.dropLast().elementsEqual(path.utf8) {
            return Miss(reason: "the pattern ends with '/', so it means only what is below \(own.dropLast())")
        }
        if path.utf8.starts(with: own.lowercased().utf8) { return Miss(reason: "the paths differ in upper and lower case, which counts") }
        if own.utf8.contains(UInt8(ascii: ":")) || own.utf8.contains(UInt8(ascii: "@")) {
            return Miss(reason: "images are matched without tag and digest, the pattern's path has one")
        }
        let common = zip(path.utf8, own.utf8).prefix { $0 == $1 }.count
        return Miss(reason: "the image's path \(path) does not start with \(own)", commonPath: common)
    }
}
