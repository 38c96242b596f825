public import TabardCore
import TabardJSON

/// The docker credential helper protocol (github.com/docker/docker-credential-helpers), both sides of it.
///
/// The program is called with one word and gets one text on standard input: `get` and `erase` a server, `store` an object, `list`
/// nothing. It answers on standard output, errors too, and says by its status which of the two it is.
public enum DockerHelperProtocol {
    /// What a program is called with.
    public enum Action: String, Sendable, CaseIterable {
        /// Asks for the login to one server.
        case get
        /// Asks which servers there are logins to.
        case list
        /// Hands over a login.
        case store
        /// Has a login forgotten.
        case erase
    }

    /// The most bytes of any message.
    public static let maximumSize = 1 << 20
    /// What a helper answers when it knows no login to a server; clients compare with exactly this.
    public static let notFound = "credentials not found in native keychain"
    /// The username that stands for "the secret is an identity token".
    public static let tokenUsername = "<token>"

    // MARK: The helper's side

    /// The server that `get` and `erase` are about, as the client wrote it.
    public static func server(in input: Secret) throws(Failure) -> String {
        let text = input.withBytes { String(validating: $0, as: UTF8.self) }
        let server = text.map { trimmed($0) } ?? ""
        guard !server.isEmpty else {
            throw Failure(
                .invalid, attempting: "reading the server on standard input", reason: "no credentials server URL",
                advice: "send the registry's address, such as https://registry.example.com")
        }
        try check(server)
        return server
    }

    /// An image of the registry that a server means, to ask providers with: they serve images, clients ask for servers.
    ///
    /// `https://index.docker.io/v1/` is Docker Hub. A path that is more than the version of an API is the repository; without one it is
    /// `any`, so a pattern that is bound to a path (`r.io/team`) serves only clients that name the path, and no more than it says.
    ///
    /// - Throws: `.invalid` for what is no registry: a pattern, user information, a single word, escapes.
    public static func image(of server: String) throws(Failure) -> ImageReference {
        func wrong(_ reason: String) -> Failure {
            Failure(
                .invalid, attempting: "reading the server", on: server.contains("@") ? "" : String(server.prefix(200)), reason: reason,
                advice: "send a registry's address, such as registry.example.com:5000 or https://registry.example.com")
        }
        // A docker configuration's key may have these, and they mean nothing there.
        guard !server.utf8.contains(where: { "@?#".utf8.contains($0) }) else { throw wrong("it has a user, a query or a fragment") }
        let parts = ImagePattern.normalisedKey(of: server).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let host = parts.first.map { $0.lowercased() } ?? ""
        var path = parts.count > 1 ? parts[1] : ""
        while path.utf8.last == UInt8(ascii: "/") { path = path.dropLast() }
        if path == "v1" || path == "v2" || path.isEmpty { path = "any" }
        let image: ImageReference
        do {
            image = try ImageReference("\(host == "registry-1.docker.io" ? "docker.io" : host)/\(path)")
        } catch {
            throw wrong(error.reason)
        }
        // A first word without dot and port is no host but a part of a path on Docker Hub.
        guard image.registry != "docker.io" || host.hasSuffix("docker.io") else { throw wrong("it has no host name with a dot or a port") }
        guard image.isTagDefaulted else { throw wrong("it is an image and not a server") }
        return image
    }

    /// The answer to `get`.
    public static func answer(to server: String, with entry: AuthEntry) throws(Failure) -> Secret {
        var json = JSONWriter()
        try json.object { json throws(Failure) in
            json.field("ServerURL", server)
            json.field("Username", entry.kind == .basic ? entry.username : tokenUsername)
            try json.field("Secret", entry.password)
        }
        return json.finish(newline: true)
    }

    /// The answer to `list`: the user for each server.
    public static func list(_ users: [String: String]) -> Secret {
        var json = JSONWriter()
        json.object { json in
            for (server, user) in users.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) { json.field(server, user) }
        }
        return json.finish(newline: true)
    }

    /// The login that `store` hands over; its pattern is the server.
    public static func stored(in input: Secret, origin: Origin) throws(Failure) -> AuthEntry {
        let root = try JSONDocument(reading: input, from: JSONSource("standard input", attempting: "reading a login to store")).root
        let server = try root.requireString("ServerURL")
        try check(server)
        return try entry(in: root, pattern: server, origin: origin)
    }

    // MARK: The client's side

    /// What `get` and `erase` send. Refuses servers that would be more than one line, or none.
    public static func question(_ server: String) throws(Failure) -> Secret {
        guard !server.isEmpty else {
            throw Failure(.invalid, attempting: "asking a credential helper", reason: "the server has no name")
        }
        try check(server)
        return Secret(server)
    }

    /// What a helper answered to `get`.
    ///
    /// - Parameters:
    ///   - output: Its standard output.
    ///   - helper: Its name, for failures.
    /// - Returns: The login, or nil when the helper says that it knows none.
    /// - Throws: What the helper says is wrong, at most 200 characters of it, or why its answer cannot be used. Never a part of a login.
    public static func answer(in output: Secret, status: Int32, helper: String, pattern: String, origin: Origin) throws(Failure)
        -> AuthEntry?
    {
        guard status == 0 else {
            let text = output.withBytes { String(decoding: $0.prefix(1024), as: UTF8.self) }
            let said = trimmed(text)
            if said == notFound || said.hasPrefix("credentials not found") { return nil }
            throw Failure(
                .local, attempting: "asking the credential helper \(helper)", on: pattern,
                reason: said.isEmpty ? "it ended with status \(status) and said nothing" : "it said: \(said.prefix(200))",
                advice: "try: echo \(pattern) | \(helper) get")
        }
        let source = JSONSource("the answer of \(helper)", attempting: "asking the credential helper \(helper)", code: .badResponse)
        let root = try JSONDocument(reading: output, from: source).root
        let entry = try entry(in: root, pattern: pattern, origin: origin)
        // Some helpers say "nothing" with an empty login.
        return entry.username.isEmpty && entry.password.isEmpty ? nil : entry
    }

    /// What a helper answered to `list`: the user for each server.
    public static func users(in output: Secret, helper: String) throws(Failure) -> [String: String] {
        let source = JSONSource("the answer of \(helper)", attempting: "asking the credential helper \(helper)", code: .badResponse)
        return try JSONDocument(reading: output, from: source).root.asStringMap()
    }

    // MARK: Pieces

    private static func entry(in root: JSONNode, pattern: String, origin: Origin) throws(Failure) -> AuthEntry {
        let username = try root.optionalString("Username") ?? ""
        return AuthEntry(
            pattern: pattern, kind: username == tokenUsername ? .identityToken : .basic,
            username: username == tokenUsername ? "" : username,
            password: try root.requireSecret("Secret"), origin: origin)
    }

    private static func check(_ server: String) throws(Failure) {
        guard !server.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw Failure(
                .invalid, attempting: "talking to a credential helper", on: server,
                reason: "the server's name has a control character, which would make two messages out of one")
        }
    }

    private static func trimmed(_ text: String) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\n" || $0 == "\r" || $0 == "\t" || $0 == "\r\n" }
        return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
