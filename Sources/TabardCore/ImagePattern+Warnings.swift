extension ImagePattern {
    /// Traps in this pattern, one sentence each: it parses, but matches less, more or something else than its writer is likely to expect.
    ///
    /// Meant for `matchImages` and other patterns that a person wrote; keys of docker configs go through `normalisedKey` first.
    public var warnings: [String] {
        var found: [String] = []
        let host = parts.host
        let path = parts.path
        if let scheme = schemeInFront {
            // What follows was parsed with the scheme as the host, so nothing else can be said about it.
            return ["it starts with \(scheme), so it never matches: patterns have no scheme"]
        }
        if parts.hasUserinfo { found.append("everything before '@' is ignored") }
        if parts.hasQueryOrFragment { found.append("everything from '?' or '#' on is ignored: '?' is no wildcard") }
        if host.hasPrefix("[") { found.append("an IPv6 address without a port never matches: write the port") }
        if let alias = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "hub.docker.com"].first(where: { $0 == host })
        {
            found.append("images on Docker Hub are matched as docker.io/…, which \(alias) never matches: write docker.io")
        }
        if host.utf8.contains(where: \.isUpperLetter) {
            found.append("hosts compare by upper and lower case: only images written exactly like it match")
        }
        if host == "*" { found.append("'*' stands for one label: only hosts without a dot match, such as localhost") }
        if !host.hasPrefix("["), !host.utf8.allSatisfy(Self.isImageHostByte) {
            found.append("no image has a host like this, so it never matches")
        } else if host.hasPrefix(".") || host.hasSuffix(".") || host.contains(text: "..") {
            found.append("the host has an empty label, so it never matches")
        }
        if !parts.port.isEmpty, !(Int(parts.port).map((1...65535).contains) ?? false) {
            found.append("no image has port \(parts.port), so it never matches")
        } else if ["80", "443"].contains(parts.port) {
            found.append("no port is implied: images that are written without :\(parts.port) do not match")
        }
        found += pathWarnings(path)
        return found
    }

    private func pathWarnings(_ path: String) -> [String] {
        guard path.utf8.count > 1 else { return [] }
        if path.utf8.contains(UInt8(ascii: "*")) {
            return ["'*' is no wildcard in a path, so it never matches: a path already matches everything that starts with it"]
        }
        if path.utf8.contains(UInt8(ascii: ":")) || path.utf8.contains(UInt8(ascii: "@")) {
            return ["images are matched without tag and digest, so a path with ':' or '@' never matches"]
        }
        if path.utf8.starts(with: "/v1/".utf8) || path.utf8.starts(with: "/v2/".utf8) {
            return ["\(path.slice(0..<4)) is part of the API, not of an image's name: only repositories that start with it match"]
        }
        if path.contains(text: "//") || !path.utf8.allSatisfy(Self.isRepositoryByte) {
            return ["no repository is called \(path.dropFirst()): they have lower-case letters, digits, '.', '_', '-' and single '/'"]
        }
        if !path.dropFirst().utf8.contains(UInt8(ascii: "/")) {
            return ["the path is a plain prefix: \(path.dropFirst())-other matches too; end it with '/' to mean only what is below it"]
        }
        return []
    }

    /// `http://` or `https://` when the text starts with it in any case.
    var schemeInFront: String? {
        let lowered = text.prefix(8).lowercased()
        return ["https://", "http://"].first { lowered.hasPrefix($0) }
    }

    private static func isImageHostByte(_ byte: UInt8) -> Bool {
        byte.isLetterOrDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "*")
            || byte == UInt8(ascii: ":")
    }

    private static func isRepositoryByte(_ byte: UInt8) -> Bool {
        byte.isLowerLetter || byte.isDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "/")
    }
}
