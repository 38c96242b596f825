internal import TabardCore
internal import TabardJSON

/// Addresses that a credentials file names. The file may come from somebody else, and what is sent to such an address opens accounts: so
/// only hosts of the file's own universe, of this machine, and those that the operator trusts are asked.
struct GoogleEndpoint: Sendable {
    /// The setting for hosts beyond Google's.
    static let setting = "trustedHosts"

    /// The domain of the APIs: `googleapis.com` unless a sovereign cloud's.
    let universe: String
    /// Host names that the operator added.
    let trusted: [String]

    /// The address in `node`.
    ///
    /// - Parameter service: `sts`: then `sts.U`, regional forms of it and those of Private Service Connect are known.
    func url(_ node: JSONNode, of service: String, orHosts more: [String] = []) throws(Failure) -> WebURL {
        guard let url = try? WebURL(try node.asString()) else {
            throw node.failure("it is not an http or https URL", advice: "download the credentials file again")
        }
        if url.isLoopback || trusted.contains(url.host) && url.scheme == .https { return url }
        guard url.scheme == .https, url.explicitPort == nil, more.contains(url.host) || isGoogles(url.host, service) else {
            throw node.failure(
                "\(url.origin) is no https address of \(service).\(universe)",
                advice: "credentials would be sent there: add its host to \(Self.setting) if it is right, else download the file again")
        }
        return url
    }

    private func isGoogles(_ host: String, _ service: String) -> Bool {
        guard host.hasSuffix(".\(universe)") else { return false }
        let labels = host.dropLast(universe.utf8.count + 1).split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy({ !$0.isEmpty }) else { return false }
        return switch labels.count {
        case 1: labels[0] == service || labels[0].hasSuffix("-\(service)")
        case 2: labels.contains { $0 == service } || labels[1] == "p" && labels[0].hasPrefix("\(service)-")
        default: false
        }
    }
}
