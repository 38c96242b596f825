public import TabardCore
import TabardJSON

/// One answer to a kubelet: a `CredentialProviderResponse`.
public struct ExecResponse: Sendable {
    /// The version of the question.
    public let version: ExecVersion
    /// `cacheKeyType`: how widely the kubelet may reuse the answer.
    public let scope: CacheScope
    /// `cacheDuration`: how long; zero is "not at all". nil, only in an answer that was read, leaves it to the kubelet's configuration.
    public let duration: Duration?
    /// `auth`: what to log in with, one entry for each pattern.
    public let entries: [AuthEntry]

    /// Makes an answer that the kubelet can use.
    ///
    /// Without entries it is good for the one image and is not kept. Of entries with the same pattern the first stays, since `auth` is a
    /// map; tokens, which the protocol has no field for, are left out.
    /// - Parameter duration: Cut to whole seconds; nil and negative ones are "not at all".
    public init(version: ExecVersion, entries: [AuthEntry], scope: CacheScope?, duration: Duration?) {
        var patterns: Set<String> = []
        let usable = entries.filter { $0.kind == .basic && patterns.insert($0.pattern).inserted }
        self.version = version
        self.entries = usable.sorted { $0.pattern.utf8.lexicographicallyPrecedes($1.pattern.utf8) }
        self.scope = usable.isEmpty ? .image : scope ?? .image
        self.duration = usable.isEmpty ? .zero : .seconds(max(0, duration?.components.seconds ?? 0))
    }

    /// Reads an exec plugin's answer as strictly as the kubelet does: unknown fields, fields given twice, another case or another version
    /// are refused.
    ///
    /// - Parameters:
    ///   - expected: The version of the question.
    ///   - origin: Where the entries come from.
    /// - Throws: `.badResponse` with the place and what is wrong, never with what the answer held.
    public init(parsing bytes: Secret, version expected: ExecVersion, origin: Origin) throws(Failure) {
        let source = JSONSource("standard output", attempting: "reading the CredentialProviderResponse", code: .badResponse)
        let document = try JSONDocument(reading: bytes, from: source)
        let root = try document.root.asObject()
        try document.refuseDuplicateKeys()
        try root.refuseUnknownMembers(known: ["kind", "apiVersion", "cacheKeyType", "cacheDuration", "auth"])
        guard try root.requireString("kind") == "CredentialProviderResponse" else {
            throw root.failure("has another kind than CredentialProviderResponse")
        }
        guard try root.requireString("apiVersion") == expected.apiVersion else {
            throw root.failure(
                "has another apiVersion than the question", advice: "configure the provider with the apiVersion that it answers in")
        }
        guard let scope = CacheScope(rawValue: try root.optionalString("cacheKeyType") ?? "") else {
            throw root.failure("has no valid cacheKeyType", advice: "answer Image, Registry or Global")
        }
        self.version = expected
        self.scope = scope
        if let text = try root.optionalString("cacheDuration") {
            do {
                duration = try GoDuration.parse(text)
            } catch {
                throw root.failure("has no valid cacheDuration: \(error.reason)", advice: error.advice)
            }
        } else {
            duration = nil
        }
        var entries: [AuthEntry] = []
        for member in try root.optionalObject("auth")?.members ?? [] {
            try member.value.asObject().refuseUnknownMembers(known: ["username", "password"])
            entries.append(
                AuthEntry(
                    pattern: member.key, username: try member.value.optionalString("username") ?? "",
                    password: try member.value.optionalSecret("password") ?? Secret(""), origin: origin))
        }
        self.entries = entries
    }

    /// The answer as one line with its end: the field order of Go's encoder, patterns in byte order, `auth` and `cacheDuration` always there.
    ///
    /// Throws `.invalid` when a password is not UTF-8, which JSON cannot carry.
    public func write() throws(Failure) -> Secret {
        var json = JSONWriter()
        try json.object { json throws(Failure) in
            json.field("kind", "CredentialProviderResponse")
            json.field("apiVersion", version.apiVersion)
            json.field("cacheKeyType", scope.rawValue)
            json.field("cacheDuration", GoDuration.format(duration ?? .zero))
            try json.object("auth") { json throws(Failure) in
                for entry in entries {
                    try json.object(entry.pattern) { json throws(Failure) in
                        json.field("username", entry.username)
                        try json.field("password", entry.password)
                    }
                }
            }
        }
        return json.finish(newline: true)
    }
}
