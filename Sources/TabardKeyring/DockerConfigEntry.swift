import TabardCore
import TabardJSON

/// One registry's part of a docker config.
enum DockerConfigEntry {
    /// Reads all registries of an object; what cannot be read is told with its place.
    static func readAll(in auths: JSONNode, file: String, source: Origin.Source) -> (keys: [KeyedEntry], problems: [Failure]) {
        var keys: [KeyedEntry] = []
        var problems: [Failure] = []
        auths.forEachMember { member in
            do throws(Failure) {
                keys.append(try read(member, file: file, source: source))
            } catch {
                problems.append(error)
            }
        }
        return (keys, problems)
    }

    private static func read(_ member: JSONMember, file: String, source: Origin.Source) throws(Failure) -> KeyedEntry {
        let pattern: ImagePattern
        do {
            pattern = try ImagePattern(configKey: member.key)
        } catch {
            throw member.value.failure("is for no registry that can exist: \(error.reason)", advice: error.advice)
        }
        var entry = AuthEntry(
            // A key may hold a user and a password before an "@", which mean nothing there and must not be shown.
            pattern: member.key.utf8.contains(UInt8(ascii: "@")) ? pattern.text : member.key,
            username: "", password: nothing, origin: Origin(source, file + ": " + pattern.description))
        // null is a user without name and password, as the kubelet has it.
        if !member.value.isNull { try read(try member.value.asObject(), into: &entry) }
        return KeyedEntry(pattern: pattern, entry: entry)
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
