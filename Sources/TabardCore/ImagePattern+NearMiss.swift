extension ImagePattern {
    /// Why the pattern nearly matched, as a clause that follows "does not match because": the one rule that failed.
    ///
    /// Nil when it matches, and when so much differs that nobody meant it.
    public func nearMiss(_ image: ImageReference) -> String? {
        guard !matches(image) else { return nil }
        if let scheme = schemeInFront {
            guard let rest = try? ImagePattern(text.slice(scheme.utf8.count..<text.utf8.count)) else { return nil }
            return rest.matches(image) ? "patterns have no scheme: leave out \(scheme)" : rest.nearMiss(image)
        }
        guard let target = try? SchemelessURL(image.name) else { return nil }
        if parts.host.hasPrefix("["), parts.authority == target.authority {
            return "an IPv6 address without a port never matches: write the port in the image and in the pattern"
        }
        let isHubAlias = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"].contains(parts.host)
        if isHubAlias, image.registry == "docker.io" {
            return "Docker Hub is matched as docker.io, not as \(parts.host)"
        }
        let samePort = parts.port == target.port
        let samePath = target.path.utf8.starts(with: parts.path.utf8)
        switch (hostDifference(target.host), samePort, samePath) {
        case (.same, false, true):
            return parts.port.isEmpty
                ? "the image has port \(target.port) and the pattern has none: write \(parts.host):\(target.port)"
                : target.port.isEmpty
                    ? "the pattern has port \(parts.port) and the image has none"
                    : "the image has port \(target.port), the pattern \(parts.port)"
        case (.same, true, false): return pathDifference(target.path)
        case (.inCase, true, true): return "the hosts differ in upper and lower case, which counts"
        case (.inLabelCount(let own, let other), true, true):
            return "the pattern's host has \(own) labels, the image's \(other): each '*' stands for exactly one"
        default: return nil
        }
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
        func fits(_ pairs: some Sequence<(String, String)>) -> Bool {
            pairs.allSatisfy { glob, label in
                let glob = glob.utf8.span
                let label = label.utf8.span
                return Self.matchesLabel(glob, 0..<glob.count, label, 0..<label.count)
            }
        }
        guard globs.count == labels.count else {
            // Aligned at one end, everything that has a partner fits: a forgotten or a surplus label.
            let isNear = fits(zip(globs, labels)) || fits(zip(globs.reversed(), labels.reversed()))
            return isNear ? .inLabelCount(globs.count, labels.count) : .different
        }
        return fits(zip(globs.map { $0.lowercased() }, labels.map { $0.lowercased() })) ? .inCase : .different
    }

    private func pathDifference(_ path: String) -> String? {
        let own = parts.path
        if own.utf8.contains(UInt8(ascii: "*")) { return "'*' is no wildcard in a path: write the path up to it" }
        if own.hasSuffix("/"), own.utf8.dropLast().elementsEqual(path.utf8) {
            return "the pattern ends with '/', so it means only what is below \(own.dropLast())"
        }
        if path.utf8.starts(with: own.lowercased().utf8) { return "the paths differ in upper and lower case, which counts" }
        if own.utf8.contains(UInt8(ascii: ":")) || own.utf8.contains(UInt8(ascii: "@")) {
            return "images are matched without tag and digest, the pattern's path has one"
        }
        return "the image's path \(path) does not start with \(own)"
    }
}
