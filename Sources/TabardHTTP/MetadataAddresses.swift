import TabardSystem

/// The addresses at which clouds serve metadata and container credentials, the same list as in tabard.h.
enum MetadataAddresses {
    private static let v4: [[UInt8]] = [[169, 254, 169, 254], [169, 254, 170, 2], [169, 254, 170, 23]]
    private static let v6 = ["fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"].compactMap { IPAddress($0) }

    /// Google's is also known by name, for nodes that have no IPv4; port 80, as all of them.
    static let names: Set<String> = ["metadata.google.internal"]

    /// Whether it is one of the list.
    static func contains(_ address: IPAddress) -> Bool { address.isV6 ? v6.contains(address) : v4.contains(address.bytes) }

    /// Whether TABARD_FORBID_LINK_LOCAL keeps us from it: all that is link-local, and the metadata servers that are not.
    static func isForbidden(_ address: IPAddress) -> Bool { address.isLinkLocal || contains(address) }
}
