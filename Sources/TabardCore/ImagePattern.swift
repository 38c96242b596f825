/// What images an entry or provider is for, by the kubelet's rules for `matchImages` and for the keys of an answer's `auth`.
///
/// A pattern is `host[:port][/path]`. All of these must hold: the ports are the same text (both absent counts), the hosts have as many
/// labels, each label of the pattern matches the image's, where `*` stands for any run of bytes inside one label, and the image's path
/// starts with the pattern's. The prefix knows no component borders, and in a path `*` is a star. Hosts compare by bytes.
public struct ImagePattern: Sendable {
    /// The pattern as it was given.
    public let text: String

    let parts: SchemelessURL
    let hasWildcard: Bool

    /// Reads a pattern. Throws `.invalid` for what the kubelet's parser refuses and for a pattern without a host.
    ///
    /// A pattern that parses may still match nothing: see `warnings`.
    public init(_ text: String) throws(Failure) {
        func refused(_ reason: String) -> Failure {
            Failure(
                .invalid, attempting: "reading an image pattern", on: text.quotedInFailure, reason: reason,
                advice: "write host[:port][/path], with '*' only in the host")
        }
        guard text.utf8.count <= 4096 else { throw refused("it is longer than 4096 bytes") }
        do {
            parts = try SchemelessURL(text)
        } catch {
            throw refused(error.reason)
        }
        guard !parts.host.isEmpty else { throw refused("it names no host") }
        hasWildcard = parts.host.utf8.contains(UInt8(ascii: "*"))
        self.text = text
    }

    /// Whether this one's credentials are tried before the other's: the kubelet orders its keys bytewise, descending.
    ///
    /// Usually the more specific one, since a longer path sorts behind a shorter one and `*` below letters, digits and `-`; but it is
    /// plain byte order: `us.gcr.io` comes before `*.gcr.io/project`.
    public func isMoreSpecific(than other: ImagePattern) -> Bool {
        other.key.utf8.lexicographicallyPrecedes(key.utf8)
    }

    /// Host, port and path without what parsing drops.
    private var key: String { parts.authority + (parts.path == "/" ? "" : parts.path) }

    /// The pattern that the kubelet makes of a key in a docker config or of an answer's `auth`.
    ///
    /// Drops `http://` or `https://`, user, query and fragment, a path that is only `/`, and the first three bytes of a path that starts
    /// with `/v1/` or `/v2/`: `https://index.docker.io/v1/` becomes `index.docker.io`. A key that the kubelet would ignore comes back as
    /// it is, and `init` says why.
    public static func normalisedKey(of configKey: String) -> String {
        var rest = configKey
        if let scheme = ["https://", "http://"].first(where: { configKey.utf8.starts(with: $0.utf8) }) {
            rest = configKey.slice(scheme.utf8.count..<configKey.utf8.count)
        }
        guard let parts = try? SchemelessURL(rest) else { return configKey }
        var path = parts.path
        if path.utf8.starts(with: "/v1/".utf8) || path.utf8.starts(with: "/v2/".utf8) { path = path.slice(3..<path.utf8.count) }
        return parts.authority + (path == "/" ? "" : path)
    }
}

extension ImagePattern: Hashable {
    /// Whether both were given as the same text.
    public static func == (left: ImagePattern, right: ImagePattern) -> Bool { left.text == right.text }
    /// Hashes `text`.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension ImagePattern: CustomStringConvertible {
    /// The pattern as it was given, without a user and password if somebody wrote them into it.
    public var description: String { parts.hasUserinfo ? parts.authority + parts.path : text }
}
