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
        let parts: SchemelessURL
        do {
            parts = try SchemelessURL(text)
        } catch {
            throw refused(error.reason)
        }
        guard !parts.hostRange.isEmpty else { throw refused("it names no host") }
        self.init(text, parts)
    }

    private init(_ text: String, _ parts: SchemelessURL) {
        self.text = text
        self.parts = parts
        let bytes = parts.text.utf8.span
        var hasWildcard = false
        for index in parts.hostRange where bytes[index] == UInt8(ascii: "*") { hasWildcard = true }
        self.hasWildcard = hasWildcard
    }

    /// Reads a key of a docker config or of an answer's `auth`: the pattern of what `normalisedKey` makes of it.
    public init(configKey key: String) throws(Failure) {
        // Most keys are patterns already, and there may be thousands of them.
        if key.utf8.count <= 4096, !Self.hasPlainScheme(key), let parts = try? SchemelessURL(key), parts.isWhole, parts.text == key,
            !parts.hostRange.isEmpty, !Self.hasVersionInFront(parts), parts.pathRange.count != 1
        {
            self.init(key, parts)
        } else {
            try self.init(Self.normalisedKey(of: key))
        }
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
        if hasPlainScheme(configKey), let border = configKey.utf8.firstIndex(of: UInt8(ascii: "/")) {
            rest = String(configKey[configKey.utf8.index(border, offsetBy: 2)...])
        }
        guard let parts = try? SchemelessURL(rest) else { return configKey }
        var path = parts.path
        if hasVersionInFront(parts) { path = path.slice(3..<path.utf8.count) }
        return parts.authority + (path == "/" ? "" : path)
    }

    /// Whether it starts as the kubelet looks for it: in lower case.
    private static func hasPlainScheme(_ text: String) -> Bool {
        text.utf8.first == UInt8(ascii: "h") && (text.utf8.starts(with: "https://".utf8) || text.utf8.starts(with: "http://".utf8))
    }

    /// Whether the path starts with `/v1/` or `/v2/`.
    var hasVersionInPath: Bool { Self.hasVersionInFront(parts) }

    private static func hasVersionInFront(_ parts: SchemelessURL) -> Bool {
        let bytes = parts.text.utf8.span
        let start = parts.pathRange.lowerBound
        guard parts.pathRange.count >= 4, bytes[start + 1] == UInt8(ascii: "v"), bytes[start + 3] == UInt8(ascii: "/") else { return false }
        return bytes[start + 2] == UInt8(ascii: "1") || bytes[start + 2] == UInt8(ascii: "2")
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
