/// What a registry host name of ECR says by itself: whose registry, where, and over which kind of endpoint.
///
/// Only names that AWS gives out: the domain must be the one of the region's partition, so that no look-alike earns a token.
public struct ECRHost: Sendable, Hashable {
    /// The twelve digits of the account; nil for the public gallery.
    public let account: String?
    /// The region, in lower case. The public gallery signs in `us-east-1`.
    public let region: String
    /// The partition of that region.
    public let partition: AWSPartition
    /// Whether the name asks for FIPS-validated endpoints.
    public let isFIPS: Bool
    /// Whether the name is one that resolves to IPv6 too.
    public let isDualStack: Bool

    /// Whether it is the public gallery.
    public var isPublic: Bool { account == nil }

    private static let forms: [(text: String, isFIPS: Bool)] = [
        ("dkr.ecr.", false), ("dkr.ecr-fips.", true), ("dkr-ecr.", false), ("dkr-ecr-fips.", true),
    ]

    /// Reads a host name without a port, in any case. Nil when it is not one of ECR's.
    public init?(_ host: String) {
        // Lower-casing turns a few letters beyond ASCII into ones of ASCII.
        guard host.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let host = host.lowercased()
        if host == "public.ecr.aws" || host == "ecr-public.aws.com" {
            account = nil
            region = "us-east-1"
            partition = .standard
            isFIPS = false
            isDualStack = host == "ecr-public.aws.com"
            return
        }
        let bytes = host.utf8
        guard bytes.count < 256, bytes.prefix(12).count(where: { (0x30...0x39).contains($0) }) == 12, bytes.dropFirst(12).first == 0x2E
        else {
            return nil
        }
        let rest = host.dropFirst(13)
        guard let form = Self.forms.first(where: { rest.hasPrefix($0.text) }) else { return nil }
        let named = rest.dropFirst(form.text.count)
        guard let dot = named.firstIndex(of: "."), AWSRegion.isPlausible(named[..<dot]) else { return nil }
        let region = String(named[..<dot])
        let partition = AWSPartition.of(region: region)
        let domain = named[named.index(after: dot)...]
        guard domain == partition.domain || domain == partition.dualStackRegistryDomain.map({ $0[...] }) else { return nil }
        account = String(host.prefix(12))
        self.region = region
        self.partition = partition
        isFIPS = form.isFIPS
        isDualStack = domain != partition.domain
    }
}
