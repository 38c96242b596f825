import Glibc

/// An IPv4 or IPv6 address without a port. An IPv4 address that is written as IPv6 (`::ffff:10.0.0.1`) is held as IPv4, so that no rule
/// about addresses can be walked around by spelling.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16 bytes, most significant first.
    public let bytes: [UInt8]

    /// Reads the usual text of an address, without brackets, zone or prefix length; nil for anything else, names included.
    public init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(bytes: withUnsafeBytes(of: v4) { Array($0) })
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            self.init(bytes: withUnsafeBytes(of: v6) { Array($0) })
        } else {
            return nil
        }
    }

    /// Takes 4 or 16 bytes in network order; nil for another count.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        let isMapped = bytes.count == 16 && bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        self.bytes = isMapped ? Array(bytes.suffix(4)) : bytes
    }

    /// Whether it is an IPv6 address.
    public var isV6: Bool { bytes.count == 16 }

    /// 127.0.0.0/8 and ::1.
    public var isLoopback: Bool {
        isV6 ? bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1 : bytes[0] == 127
    }

    /// 169.254.0.0/16 and fe80::/10: reachable on the own link only, and where clouds put their metadata servers.
    public var isLinkLocal: Bool {
        isV6 ? bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 : bytes[0] == 169 && bytes[1] == 254
    }

    /// Whether the first `prefix` bits are those of `network`. Addresses of the other family never are.
    public func isInside(_ network: IPAddress, prefix: Int) -> Bool {
        guard bytes.count == network.bytes.count, prefix >= 0, prefix <= bytes.count * 8 else { return false }
        for index in 0..<bytes.count {
            let bits = min(8, max(0, prefix - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            if (bytes[index] ^ network.bytes[index]) & mask != 0 { return false }
        }
        return true
    }

    /// The usual text: `10.0.0.1`, `fe80::1`.
    public var description: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let text = bytes.withUnsafeBytes { inet_ntop(isV6 ? AF_INET6 : AF_INET, $0.baseAddress, &buffer, socklen_t(buffer.count)) }
        // inet_ntop fails only for a family or size that the initialisers do not let in.
        return text.map { String(cString: $0) } ?? "?"
    }
}
