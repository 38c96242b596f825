internal import TabardCore
internal import TabardJSON
internal import TabardPluginKit

/// Registry passwords in the format of docker's old `.dockercfg`, as an operator keeps them in instance metadata:
/// `{"https://registry.example": {"username": …, "password": …, "auth": base64 of username:password}}`; `auth` wins. The newer form, with all
/// of it under `auths`, is read as well.
///
/// One bad entry spoils only itself.
struct DockercfgDocument: Sendable {
    /// What is usable, by pattern, in the order of the document.
    private(set) var entries: [AuthEntry] = []
    /// What is wrong with the rest.
    private(set) var problems: [Failure] = []

    /// Reads a document.
    ///
    /// - Parameter source: What it came from, without secrets.
    /// - Throws: `.badResponse` when it is no JSON object, or has entries of which none is usable.
    init(_ bytes: Secret, source: String) throws(Failure) {
        let attempting = "reading registry passwords from instance metadata"
        let document = try JSONDocument(reading: bytes, from: JSONSource(source, attempting: attempting, code: .badResponse))
        var hosts = try document.root.asObject()
        if let auths = hosts["auths"], auths.kind == .object { hosts = auths }
        var patterns: Set<String> = []
        for member in hosts.members {
            do throws(Failure) {
                // The kubelet reads the key so: without scheme, and without /v1/ and /v2/.
                guard let pattern = try? ImagePattern(ImagePattern.normalisedKey(of: member.key)) else {
                    throw member.value.failure("its key cannot be an image pattern")
                }
                let (username, password) = try Self.account(try member.value.asObject())
                guard patterns.insert(pattern.text).inserted else {
                    throw member.value.failure("another entry is for \(pattern) already, and the first one counts")
                }
                entries.append(
                    AuthEntry(pattern: pattern.text, username: username, password: password, origin: Origin(.plugin, "")))
            } catch {
                problems.append(error)
            }
        }
        if entries.isEmpty, let first = problems.first { throw first }
    }

    private static func account(_ entry: JSONNode) throws(Failure) -> (username: String, password: Secret) {
        // Not used, but its type tells whether this is such an entry at all.
        _ = try entry.optionalString("email")
        guard let auth = try entry.optionalSecret("auth"), !auth.isEmpty else {
            guard let username = try entry.optionalString("username"), let password = try entry.optionalSecret("password") else {
                throw entry.failure("it has neither auth nor username and password")
            }
            return (username, password)
        }
        guard let decoded = auth.withBytes({ Base64.decode($0, ignoringLineBreaks: true) }) else {
            throw entry.failure("auth is not Base64")
        }
        let parts: (username: String?, password: Secret)? = decoded.withBytes { bytes in
            guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            let password = Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[(colon + 1)...]))
            return (String(validating: bytes[..<colon], as: UTF8.self), password)
        }
        guard let parts, let username = parts.username else { throw entry.failure("auth is not the Base64 of username:password") }
        return (username, parts.password)
    }
}
