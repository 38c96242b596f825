extension ImagePattern {
    /// Why the pattern nearly matched, as a clause that follows "does not match because": the one rule that failed.
    ///
    /// Nil when it matches, and when so much differs that nobody meant it.
    public func nearMiss(_ image: ImageReference) -> String? { miss(image)?.reason }

    /// The same, with how far it is off.
    package func miss(_ image: ImageReference) -> Miss? {
        guard !matches(image) else { return nil }
        if let scheme = schemeInFront {
            guard let rest = try? ImagePattern(text.slice(scheme.utf8.count..<text.utf8.count)) else { return nil }
            return rest.matches(image) ? Miss(reason: "patterns have no scheme: leave out \(scheme)") : rest.miss(image)
        }
        guard let target = try? SchemelessURL(image.name) else { return nil }
        if parts.host.hasPrefix("["), parts.authority == target.authority {
            return Miss(reason: "an IPv6 address without a port never matches: write the port in the image and in the pattern")
        }
        let isHubAlias = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"].contains(parts.host)
        if isHubAlias, image.registry == "docker.io" {
            return Miss(reason: "Docker Hub is matched as docker.io, not as \(parts.host)")
        }
        let samePort = parts.port == target.port
        let samePath = target.path.utf8.starts(with: parts.path.utf8)
        switch (hostDifference(target.host), samePort, samePath) {
        case (.same, false, true):
            return Miss(
                reason: parts.port.isEmpty
                    ? "the image has port \(target.port) and the pattern has none: write \(parts.host):\(target.port)"
                    : target.port.isEmpty
                        ? "the pattern has port \(parts.port) and the image has none"
                        : "the image has port \(target.port), the pattern \(parts.port)")
        case (.same, true, false): return pathDifference(target.path)
        case (.inCase, true, true): return Miss(reason: "the hosts differ in upper and lower case, which counts")
        case (.inLabelCount(let own, let other), true, true):
            return Miss(reason: "the pattern's host has \(own) labels, the image's \(other): each '*' stands for exactly one")
        default: return nil
        }
    }

    /// Why it does not match.
    package struct Miss {
        package let reason: String
        /// For another repository of the same registry: the bytes that the two paths have in common. Nil for every other reason.
        package var commonPath: Int?
    }

    private enum HostDifference {
        case same
        case inCase
        case inLabelCount(Int, Int)
        case different
    }

    private func hostDifference(_ host: String) -> HostDifference {
        let bytes = host.utf8.span
        if matchesHost(bytes, 0..<bytes.count) { return .same }
        let globs = parts.host.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let labels = host.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        func fits(_ pairs: Zip2Sequence<[String], [String]>) -> Bool {
            pairs.allSatisfy { glob, label in
                let glob = glob.utf8.span
                let label = label.utf8.span
                return Self.matchesLabel(glob, 0..<glob.count, label, 0..<label.count)
            }
        }
        guard globs.count == labels.count else {
            return isNear(globs, labels, fits) || isNear(globs.reversed(), labels.reversed(), fits)
                ? .inLabelCount(globs.count, labels.count) : .different
        }
        return fits(zip(globs.map { $0.lowercased() }, labels.map { $0.lowercased() })) ? .inCase : .different
    }

    /// Aligned at the front, everything that has a partner fits: a forgotten or a surplus label.
    ///
    /// Stars alone make nothing near: every word of the pattern has to be there, and where more than one label is amiss, two words.
    private func isNear(_ globs: [String], _ labels: [String], _ fits: (Zip2Sequence<[String], [String]>) -> Bool) -> Bool {
        let words = globs.count { $0 != "*" }
        guard globs.dropFirst(labels.count).allSatisfy({ $0 == "*" }), words > 0 else { return false }
        return (abs(globs.count - labels.count) == 1 || words > 1) && fits(zip(globs, labels))
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
