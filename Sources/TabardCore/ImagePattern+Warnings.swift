extension ImagePattern {
    /// Traps in this pattern, one sentence each: it parses, but matches less, more or something else than its writer is likely to expect.
    ///
    /// Meant for `matchImages` and other patterns that a person wrote; keys of docker configs go through `normalisedKey` first.
    public var warnings: [String] { traps.map { $0.words(for: parts, schemeInFront) } }

    /// The same for one of a list that an image need match one of.
    ///
    /// - Parameter list: All of them. One that has the pattern without its port serves images that are written so.
    package func warnings(among list: [String]) -> [String] {
        let isWhole = list.contains("\(parts.host)\(parts.path)")
        return traps.filter { !(isWhole && $0 == .impliedPort) }.map { $0.words(for: parts, schemeInFront) }
    }

    /// The same for a key of a docker config.
    ///
    /// - Parameter isNamespace: Whether its path means whole components, as podman has it.
    package func keyWarnings(isNamespace: Bool) -> [String] {
        keyTraps(isNamespace: isNamespace).map { $0.words(for: parts, schemeInFront) }
    }

    /// Whether `keyWarnings` has something to say, without putting it into words.
    package func isTrap(asNamespace: Bool) -> Bool { !keyTraps(isNamespace: asNamespace).isEmpty }

    private func keyTraps(isNamespace: Bool) -> [PatternTrap] {
        traps.filter { trap in
            switch trap {
            // What `docker login` writes, and what is used for images of Docker Hub that no other key matches.
            case .hubAlias: text != "index.docker.io"
            case .plainPrefix: !isNamespace
            default: true
            }
        }
    }

    private var traps: [PatternTrap] {
        // What follows was parsed with the scheme as the host, so nothing else can be said about it.
        if schemeInFront != nil { return [.scheme] }
        var found: [PatternTrap] = []
        if parts.hasUserinfo { found.append(.userinfo) }
        if parts.hasQueryOrFragment { found.append(.queryOrFragment) }
        findHostTraps(&found)
        if !parts.portRange.isEmpty {
            let port = parts.port
            if !(Int(port).map((1...65535).contains) ?? false) {
                found.append(.impossiblePort)
            } else if port == "80" || port == "443" {
                found.append(.impliedPort)
            }
        }
        if let trap = pathTrap { found.append(trap) }
        return found
    }

    private func findHostTraps(_ found: inout [PatternTrap]) {
        let bytes = parts.text.utf8.span
        var hasUpperCase = false
        var isPossible = true
        // As if another label ended in front of it.
        var last = UInt8(ascii: ".")
        var hasEmptyLabel = false
        for index in parts.hostRange {
            let byte = bytes[index]
            if byte.isUpperLetter { hasUpperCase = true }
            if !Self.isImageHostByte(byte) { isPossible = false }
            if byte == UInt8(ascii: "."), last == byte { hasEmptyLabel = true }
            last = byte
        }
        if last == UInt8(ascii: ".") { hasEmptyLabel = true }
        if isBareAddress {
            found.append(.bareAddress)
            isPossible = true
        }
        // The last byte first: this is asked about every key, and a host as a text of its own costs more than all of the above.
        if last == UInt8(ascii: "o") || last == UInt8(ascii: "m"), PatternTrap.hubAliases.contains(parts.host) { found.append(.hubAlias) }
        if hasUpperCase { found.append(.upperCase) }
        if parts.hostRange.count == 1, last == UInt8(ascii: "*") { found.append(.loneStar) }
        if !isPossible {
            found.append(.impossibleHost)
        } else if hasEmptyLabel {
            found.append(.emptyLabel)
        }
    }

    private var pathTrap: PatternTrap? {
        guard parts.pathRange.count > 1 else { return nil }
        let bytes = parts.text.utf8.span
        let start = parts.pathRange.lowerBound
        var hasStar = false
        var hasTag = false
        var isPossible = true
        var slashes = 0
        for index in parts.pathRange {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "*"): hasStar = true
            case UInt8(ascii: ":"), UInt8(ascii: "@"): hasTag = true
            case UInt8(ascii: "/"):
                slashes += 1
                if index > start, bytes[index - 1] == byte { isPossible = false }
            default: if !Self.isRepositoryByte(byte) { isPossible = false }
            }
        }
        if hasStar { return .starInPath }
        if hasTag { return .tagInPath }
        if hasVersionInPath { return .apiPath }
        if !isPossible { return .impossiblePath }
        return slashes == 1 ? .plainPrefix : nil
    }

    /// `http://` or `https://` when the text starts with it in any case.
    var schemeInFront: String? {
        guard let first = text.utf8.first, first.lowercased == UInt8(ascii: "h") else { return nil }
        let lowered = text.prefix(8).lowercased()
        return ["https://", "http://"].first { lowered.hasPrefix($0) }
    }

    private static func isImageHostByte(_ byte: UInt8) -> Bool {
        byte.isLetterOrDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "*")
            || byte == UInt8(ascii: ":")
    }

    private static func isRepositoryByte(_ byte: UInt8) -> Bool {
        byte.isLowerLetter || byte.isDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }
}
