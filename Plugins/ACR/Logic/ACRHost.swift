/// A registry's login server by its name: `myregistry.azurecr.io`, `myregistry-a1b2c3.azurecr.io` (with a domain name label) or the
/// regional `myregistry.eastus.geo.azurecr.io`.
///
/// Decided by rule and by the name alone, before any secret exists. What merely looks like one (`evilazurecr.io`,
/// `x.azurecr.io.example.com`) is none, and neither is a data endpoint (`x.eastus.data.azurecr.io`), which serves blobs and no tokens. A port
/// other than 443 means a proxy or a tunnel, which an operator must name.
public struct ACRHost: Sendable, Hashable {
    /// The name without a port: what the registry calls itself.
    public let loginServer: String
    /// Whose domain it is in.
    public let cloud: AzureCloud

    /// The match patterns of all of them. A label of a pattern matches one label of a host.
    static let patterns = AzureCloud.allCases.flatMap { ["*.\($0.registryDomain)", "*.*.geo.\($0.registryDomain)"] }

    /// Nil for every other host.
    ///
    /// - Parameter registry: As requests name it: lower case, with its port when it has one.
    public init?(_ registry: String) {
        let name = registry.hasSuffix(":443") ? String(registry.dropLast(4)) : registry
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { String($0) ?? "" }
        guard let cloud = AzureCloud.allCases.first(where: { $0.registryDomain == labels.suffix(2).joined(separator: ".") }) else {
            return nil
        }
        switch labels.count {
        case 3: break
        case 5 where labels[2] == "geo" && Self.isWord(labels[1]): break
        default: return nil
        }
        // Letters and digits; a domain name label adds one hyphen and a hash.
        let parts = labels[0].split(separator: "-", omittingEmptySubsequences: false)
        guard labels[0].utf8.count <= 63, parts.count <= 2, parts.allSatisfy({ Self.isWord($0) }) else { return nil }
        loginServer = name
        self.cloud = cloud
    }

    private static func isWord(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
    }
}
