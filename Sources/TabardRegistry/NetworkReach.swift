import TabardSystem

/// From where an address in a URL can be reached. Names are `anywhere`, except `localhost`: what they resolve to is not asked here.
enum NetworkReach: Equatable {
    /// Loopback, or the unspecified address that systems take for it.
    case thisMachine
    /// Link-local: where clouds put their metadata servers.
    case thisLink
    /// Private and carrier-grade ranges, and the unique local addresses of IPv6.
    case thisNetwork
    /// Everything else.
    case anywhere

    // RFC 6890, RFC 4193.
    private static let unspecified = ["0.0.0.0", "::"].compactMap { IPAddress($0) }
    private static let privateRanges = [("10.0.0.0", 8), ("172.16.0.0", 12), ("192.168.0.0", 16), ("100.64.0.0", 10), ("fc00::", 7)]
        .compactMap { text, prefix in IPAddress(text).map { ($0, prefix) } }

    /// Classifies a lower-case host, an IPv6 address without its brackets.
    init(host: String) {
        if let address = IPAddress(host) {
            self.init(address)
        } else if host == "localhost" || host.hasSuffix(".localhost") || Self.isDisguisedAddress(host) {
            self = .thisMachine
        } else {
            self = .anywhere
        }
    }

    private init(_ address: IPAddress) {
        // An IPv4 address in IPv6 clothes (::ffff:0:0/96) leads where the IPv4 address leads.
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        if address.isV6, address.bytes.starts(with: mapped), let inner = IPAddress(bytes: Array(address.bytes.suffix(4))) {
            self.init(inner)
        } else if address.isLoopback || Self.unspecified.contains(address) {
            self = .thisMachine
        } else if address.isLinkLocal {
            self = .thisLink
        } else if Self.privateRanges.contains(where: { address.isInside($0.0, prefix: $0.1) }) {
            self = .thisNetwork
        } else {
            self = .anywhere
        }
    }

    /// Forms such as 2130706433, 127.1 or 0x7f.1 are addresses to some resolvers: whoever writes them hides where they lead.
    private static func isDisguisedAddress(_ host: String) -> Bool {
        guard let last = host.split(separator: ".").last else { return false }
        return last.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } || last.hasPrefix("0x")
    }
}
