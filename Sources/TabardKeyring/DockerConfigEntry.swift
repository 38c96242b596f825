import TabardCore
import TabardJSON

/// One registry's part of a docker config.
enum DockerConfigEntry {
    /// What an object of registries holds.
    struct Reading {
        var keys: [KeyedEntry] = []
        /// What cannot be read, each with its place.
        var problems: [Failure] = []
        var spoiled: [SpoiledKey] = []
    }

    /// Reads all registries of an object.
    ///
    /// - Parameter isNamespaced: Whether the keys are namespaces, as podman and skopeo have them.
    static func readAll(in auths: JSONNode, file: String, source: Origin.Source, isNamespaced: Bool = false) -> Reading {
        var reading = Reading()
        auths.forEachMember { member in
            let pattern: ImagePattern
            do throws(Failure) {
                pattern = try ImagePattern(configKey: isNamespaced ? namespace(member.key) : member.key)
            } catch {
                reading.problems.append(
                    member.value.failure("is for no registry that can exist: \(error.reason)", advice: error.advice))
                return
            }
            do throws(Failure) {
                let entry = try read(member, pattern, file: file, source: source)
                reading.keys.append(KeyedEntry(pattern: pattern, entry: entry, isNamespace: isNamespaced))
            } catch {
                reading.problems.append(error)
                reading.spoiled.append(SpoiledKey(pattern: pattern, problem: error))
            }
        }
        return reading
    }

    /// A key with a scheme is an old one, of a whole registry: podman leaves its path out.
    private static func namespace(_ key: String) -> String {
        guard let scheme = ["https://", "http://"].first(where: key.hasPrefix) else { return key }
        return String(key.dropFirst(scheme.count).prefix { $0 != "/" })
    }

    private static func read(
        _ member: JSONMember, _ pattern: ImagePattern, file: String, source: Origin.Source
    ) throws(Failure) -> AuthEntry {
        var entry = AuthEntry(
            // A key may hold a user and a password before an "@", which mean nothing there and must not be shown.
            pattern: member.key.utf8.contains(UInt8(ascii: "@")) ? pattern.text : member.key,
            username: "", password: nothing, origin: Origin(source, file + ": " + pattern.description))
        // null is a user without name and password, as the kubelet has it.
        if !member.value.isNull { try read(try member.value.asObject(), into: &entry) }
        return entry
    }

    private static let nothing = Secret("")

    private static func read(_ node: JSONNode, into entry: inout AuthEntry) throws(Failure) {
        var auth: (username: String, password: Secret)?
        var tokens: (identity: Secret?, registry: Secret?)
        try node.forEachMember { (member) throws(Failure) in
            let value = member.value
            guard !value.isNull else { return }
            // As Go's decoder finds them: in any case, the last one counts.
            switch lowercased(member.key) {
            case "username": entry.username = try value.asString()
            case "password": entry.password = try value.asSecret()
            case "email": _ = try value.asString()
            case "auth": auth = try decode(value)
            case "identitytoken": tokens.identity = try value.asSecret()
            case "registrytoken": tokens.registry = try value.asSecret()
            default: break
            }
        }
        if let auth { (entry.username, entry.password) = auth }
        for (kind, token) in [(AuthEntry.Kind.identityToken, tokens.identity), (.registryToken, tokens.registry)] {
            guard let token, !token.isEmpty else { continue }
            entry.kind = kind
            entry.password = token
        }
    }

    /// Without a copy for names as they are nearly always written.
    private static func lowercased(_ name: String) -> String {
        name.utf8.allSatisfy { $0 < 0x80 && !(0x41...0x5A).contains($0) } ? name : name.lowercased()
    }

    /// `auth` is Base64 of `username:password`, split at the first colon; with padding or without, over several lines or one. Empty counts
    /// as not there.
    private static func decode(_ node: JSONNode) throws(Failure) -> (username: String, password: Secret)? {
        let decode = { (text: UnsafeRawBufferPointer) in Base64.decode(text, padding: .optional, ignoringLineBreaks: true) }
        let advice = "write it as: printf %s USERNAME:PASSWORD | base64 -w0"
        if node.withPlainText(\.isEmpty) == true { return nil }
        var decoded = node.withPlainText(decode)
        if decoded == nil { decoded = .some(try node.asSecret().withBytes(decode)) }
        guard let decoded = decoded ?? nil else {
            throw node.failure("is not Base64", advice: advice)
        }
        return try decoded.withBytes { (bytes) throws(Failure) in
            guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
                throw node.failure("has no colon between username and password once it is decoded", advice: advice)
            }
            guard let username = String(validating: bytes[..<colon], as: UTF8.self) else {
                throw node.failure("has a username that is not UTF-8 once it is decoded")
            }
            return (username, Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[(colon + 1)...])))
        }
    }
}
