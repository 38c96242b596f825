import TabardCore
import TabardJSON

/// One registry's part of a docker config.
enum DockerConfigEntry {
    /// Reads all registries of an object; what cannot be read is told with its place.
    static func readAll(in auths: JSONNode, file: String, source: Origin.Source) -> (entries: [AuthEntry], problems: [Failure]) {
        var entries: [AuthEntry] = []
        var problems: [Failure] = []
        for member in auths.members {
            do throws(Failure) {
                entries.append(try read(member, file: file, source: source))
            } catch {
                problems.append(error)
            }
        }
        return (entries, problems)
    }

    private static func read(_ member: JSONMember, file: String, source: Origin.Source) throws(Failure) -> AuthEntry {
        let key = ImagePattern.normalisedKey(of: member.key)
        let pattern: ImagePattern
        do {
            pattern = try ImagePattern(key)
        } catch {
            throw member.value.failure("is for no registry that can exist: \(error.reason)", advice: error.advice)
        }
        var entry = AuthEntry(
            // A key may hold a user and a password before an "@", which mean nothing there and must not be shown.
            pattern: member.key.utf8.contains(UInt8(ascii: "@")) ? key : member.key,
            username: "", password: Secret(""), origin: Origin(source, "\(file): \(pattern)"))
        // null is a user without name and password, as the kubelet has it.
        guard !member.value.isNull else { return entry }
        let node = try member.value.asObject()
        entry.username = try node.field("username")?.asString() ?? ""
        entry.password = try node.field("password")?.asSecret() ?? Secret("")
        _ = try node.field("email")?.asString()
        if let auth = node.field("auth") {
            let text = try auth.asSecret()
            if !text.isEmpty { (entry.username, entry.password) = try decode(text, at: auth) }
        }
        if let token = try node.field("identitytoken")?.asSecret(), !token.isEmpty {
            entry.kind = .identityToken
            entry.password = token
        }
        if let token = try node.field("registrytoken")?.asSecret(), !token.isEmpty {
            entry.kind = .registryToken
            entry.password = token
        }
        return entry
    }

    /// `auth` is Base64 of `username:password`, split at the first colon; with padding or without, over several lines or one.
    private static func decode(_ text: Secret, at node: JSONNode) throws(Failure) -> (username: String, password: Secret) {
        let advice = "write it as: printf %s USERNAME:PASSWORD | base64 -w0"
        guard let decoded = text.withBytes({ Base64.decode($0, padding: .optional, ignoringLineBreaks: true) }) else {
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
