/// An `http` or `https` URL (RFC 3986) without user information and fragment, checked so that no part can break out of a request line.
public struct WebURL: Sendable, Hashable {
    /// The two schemes.
    public enum Scheme: String, Sendable {
        /// Without TLS.
        case http
        /// With TLS.
        case https

        /// 80 or 443.
        public var defaultPort: Int { self == .http ? 80 : 443 }
    }

    /// The scheme.
    public let scheme: Scheme
    /// The host in lower case: a name (perhaps with a dot at its end), an IPv4 address of four numbers, or a canonical IPv6 address
    /// without brackets (RFC 5952).
    public let host: String
    /// The port that was written, or nil.
    public let explicitPort: Int?
    /// The path, at least `/`, with its escapes as they were written.
    public let path: String
    /// What follows `?`, or nil when there is none.
    public let query: String?

    /// The port to connect to.
    public var port: Int { explicitPort ?? scheme.defaultPort }

    init(scheme: Scheme, host: String, explicitPort: Int?, path: String, query: String?) {
        self.scheme = scheme
        self.host = host
        self.explicitPort = explicitPort
        self.path = path
        self.query = query
    }

    /// Host and port as the Host header has them: the port only when it is not the scheme's, brackets around IPv6.
    public var authority: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }
    /// Scheme, host and port: credentials meant for one origin go to no other (RFC 6454).
    public var origin: String { "\(scheme.rawValue)://\(authority)" }
    /// Path and query, as a request line has them.
    public var target: String { query.map { "\(path)?\($0)" } ?? path }

    /// Whether the host is this machine by its text alone: 127.0.0.0/8, ::1, `localhost` or a name below it.
    public var isLoopback: Bool {
        if host == "localhost" || host.hasSuffix(".localhost") { return true }
        let bytes = host.utf8.span
        if let address = IPv4Address(bytes, 0..<bytes.count) { return address.value >> 24 == 127 }
        return IPv6Address(bytes, 0..<bytes.count)?.isLoopback ?? false
    }

    /// The URL for logs: see `redacting(_:)`.
    public var redacted: String { Self.redacting(description) }
}

extension WebURL: CustomStringConvertible {
    /// The whole URL, with its query: not for logs.
    public var description: String { origin + target }
}
