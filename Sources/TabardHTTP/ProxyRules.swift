package import TabardCore
import TabardSystem

/// Which requests go through which proxy, as the kubelet and other Go programs read HTTPS_PROXY, HTTP_PROXY and NO_PROXY
/// (golang.org/x/net/http/httpproxy): the upper-case name wins, the loopback is never proxied, a port in a rule must match.
public struct ProxyRules: Sendable {
    /// A proxy as it was written, with what we need of it.
    struct Proxy: Sendable {
        /// The whole URL for libcurl. May hold a password: never shown.
        let url: Secret
        let host: String
        let port: Int
        let kind: ProxyKind
        /// What its user information amounts to after `Basic` (RFC 7617), or nil where there is none.
        let authorization: Secret?
        /// For messages.
        var name: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    private enum Choice: Sendable {
        case none
        case proxy(Proxy)
        /// The variable of that name cannot be read, and silently going without a proxy would be wrong.
        case unreadable(variable: String, reason: String)
    }

    private enum Exception: Sendable {
        case everything
        case network(IPAddress, prefix: Int)
        case address(IPAddress, port: Int?)
        /// `suffix` begins with a dot.
        case domain(suffix: String, matchesItself: Bool, port: Int?)
        /// A port that is no number matches no URL.
        case nothing
    }

    private let secure: Choice
    private let plain: Choice
    private let exceptions: [Exception]

    /// No proxy for anything.
    public static let none = ProxyRules { _ in nil }

    /// Reads the variables through `environment`.
    public init(environment: (String) -> String?) {
        secure = Self.choice(["HTTPS_PROXY", "https_proxy"], environment)
        // A CGI program gets the client's "Proxy:" header as HTTP_PROXY.
        plain = environment("REQUEST_METHOD") == nil ? Self.choice(["HTTP_PROXY", "http_proxy"], environment) : .none
        let rules = ["NO_PROXY", "no_proxy"].compactMap(environment).first { !$0.isEmpty } ?? ""
        exceptions = rules.split(separator: ",").compactMap { Self.exception($0.trimmingSpaces().lowercased()) }
    }

    /// The proxy for a URL, or nil for a direct connection.
    func proxy(for url: WebURL) throws(Failure) -> Proxy? {
        switch url.scheme == .https ? secure : plain {
        case .none: return nil
        case .proxy(let proxy): return isExcepted(url) ? nil : proxy
        case .unreadable(let variable, let reason):
            if isExcepted(url) { return nil }
            throw Failure(
                .invalid, attempting: "choosing a proxy", on: url.redacted, reason: "\(variable) \(reason)",
                advice: "write it as http://host:port, or exclude the host with NO_PROXY")
        }
    }

    /// Whether a URL is reached through a proxy. Throws `.invalid`, without the value, for a variable that cannot be read.
    package func isProxied(_ url: WebURL) throws(Failure) -> Bool { try proxy(for: url) != nil }

    /// How many rules of NO_PROXY can never be true of an address: with a scheme, or a port or prefix that is none.
    package var uselessExceptions: Int {
        exceptions.count { exception in
            switch exception {
            case .nothing: true
            case .domain(let suffix, _, _): suffix.contains { $0 == "/" || $0 == " " }
            default: false
            }
        }
    }

    /// Whether a URL is to be reached without a proxy.
    func isExcepted(_ url: WebURL) -> Bool {
        let address = IPAddress(url.host)
        if url.isLoopback || address?.isLoopback == true { return true }
        return exceptions.contains { exception in
            switch exception {
            case .everything: true
            case .nothing: false
            case .network(let network, let prefix): address?.isInside(network, prefix: prefix) == true
            case .address(let excepted, let port): address == excepted && (port == nil || port == url.port)
            case .domain(let suffix, let matchesItself, let port):
                (url.host.hasSuffix(suffix) || (matchesItself && url.host == suffix.dropFirst())) && (port == nil || port == url.port)
            }
        }
    }

    private static func exception(_ text: String) -> Exception? {
        if text.isEmpty { return nil }
        if text == "*" { return .everything }
        if let slash = text.firstIndex(of: "/"), let network = IPAddress(String(text[..<slash])) {
            let digits = text[text.index(after: slash)...]
            guard let prefix = Int(digits), digits.allSatisfy(\.isNumber), prefix <= network.bytes.count * 8 else { return .nothing }
            return .network(network, prefix: prefix)
        }
        var (host, port) = splitPort(text)
        if host.isEmpty { return nil }
        var number: Int?
        if let port, !port.isEmpty {
            guard let value = Int(port) else { return .nothing }
            number = value
        }
        if let address = IPAddress(host) { return .address(address, port: number) }
        if host.hasPrefix("*.") { host.removeFirst() }
        let isSuffix = host.hasPrefix(".")
        return .domain(suffix: isSuffix ? host : "." + host, matchesItself: !isSuffix, port: number)
    }

    /// `host:port`, `[v6]:port`, or a host alone (a bare IPv6 address has more than one colon).
    private static func splitPort(_ text: String) -> (host: String, port: String?) {
        if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
            let rest = text[text.index(after: close)...]
            let host = String(text[text.index(after: text.startIndex)..<close])
            return (host, rest.hasPrefix(":") ? String(rest.dropFirst()) : nil)
        }
        guard let colon = text.firstIndex(of: ":"), text[text.index(after: colon)...].firstIndex(of: ":") == nil else { return (text, nil) }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }

    private static func choice(_ variables: [String], _ environment: (String) -> String?) -> Choice {
        for variable in variables {
            guard let text = environment(variable), !text.isEmpty else { continue }
            return parse(text, variable: variable)
        }
        return .none
    }

    private static func parse(_ text: String, variable: String) -> Choice {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return .unreadable(variable: variable, reason: "holds a space, a control character or a byte that is not ASCII")
        }
        var scheme = "http"
        var rest = Substring(text)
        if let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") {
            scheme = text[..<colon].lowercased()
            rest = text[colon...].dropFirst(3)
        }
        rest = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let place = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
        let (host, port) = splitPort(String(place))
        // Go lets the proxy resolve the name for both spellings; libcurl does so for "socks5h" only.
        guard
            let (kind, usual) = [
                "http": (ProxyKind.http, 80), "https": (.https, 443), "socks5": (.socks5, 1080), "socks5h": (.socks5, 1080),
            ][scheme]
        else { return .unreadable(variable: variable, reason: "names a kind of proxy that is not http, https, socks5 or socks5h") }
        let number = port.map { $0.isEmpty ? usual : Int($0) ?? 0 } ?? usual
        guard !host.isEmpty, number > 0, number < 65536 else {
            return .unreadable(variable: variable, reason: "has no host, or a port that is not 1 to 65535")
        }
        let userInfo = rest.lastIndex(of: "@").map { rest[..<$0] }
        return .proxy(
            Proxy(
                url: Secret("\(kind.rawValue)://\(rest)"), host: host.lowercased(), port: number, kind: kind,
                authorization: userInfo.map(authorization)))
    }

    /// `user:password` with its escapes undone, in Base64.
    private static func authorization(_ userInfo: Substring) -> Secret {
        var decoded = SecretBuffer(capacity: userInfo.utf8.count + 1)
        var rest = userInfo.utf8[...]
        while let first = rest.first {
            let digits = rest.dropFirst().prefix(2)
            if first == UInt8(ascii: "%"), digits.count == 2, let byte = UInt8(String(Substring(digits)), radix: 16) {
                decoded.append(byte)
                rest = rest.dropFirst(3)
            } else {
                decoded.append(first)
                rest = rest.dropFirst()
            }
        }
        if !userInfo.contains(":") { decoded.append(UInt8(ascii: ":")) }
        return Base64.encode(decoded.freeze())
    }
}

extension StringProtocol {
    func trimmingSpaces() -> String {
        var text = Substring(self)
        while let first = text.first, first == " " || first == "\t" { text = text.dropFirst() }
        while let last = text.last, last == " " || last == "\t" { text = text.dropLast() }
        return String(text)
    }
}
