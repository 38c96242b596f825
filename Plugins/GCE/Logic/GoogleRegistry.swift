/// Which of Google's registries a host is. Decided by the name alone, by rule and not by a list of regions, before any secret exists.
///
/// Only zones that Google or the operator of one of its sovereign clouds answers for are known; what merely looks like one (`notgcr.io`,
/// `gcr.io.example.com`, `eu-docker.pkg.dev.example`) is none. A host with a port other than 443 is none either: it means a proxy or a tunnel,
/// which an operator must name.
package enum GoogleRegistry: Sendable, Hashable {
    /// `gcr.io`, `eu.gcr.io`, `mirror.gcr.io`, `staging-k8s.gcr.io`.
    case containerRegistry
    /// `europe-west1-docker.pkg.dev`.
    case artifactRegistry
    /// `docker.europe-west1.rep.pkg.dev`, a regional endpoint.
    case regionalArtifactRegistry
    /// `container.cloud.google.com`, which old clusters still name.
    case kubernetesEngine
    /// The registry of a universe (a sovereign cloud), with the domain of its APIs, which the metadata server of its machines names.
    case universe(apiDomain: String)

    /// The match patterns of all of them. A label of a pattern matches one label of a host, hence the doubled stars.
    package static let patterns = [
        "gcr.io", "*.gcr.io", "*.pkg.dev", "*.*.rep.pkg.dev", "container.cloud.google.com", "docker.pkg-*.goog", "*-docker.pkg-*.goog",
        "docker.s3nsregistry.fr",
    ]

    /// The domain of the APIs whose tokens it takes.
    var universe: String {
        if case .universe(let domain) = self { return domain }
        return CredentialsReader.googleUniverse
    }

    /// Nil for every other host.
    ///
    /// - Parameter host: The registry of a request: lower case, with its port when it has one.
    package init?(host: String) {
        let host = host.hasSuffix(":443") ? host.dropLast(4) : host[...]
        let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { String($0) ?? "" }
        guard labels.count >= 2, labels.allSatisfy(Self.isLabel) else { return nil }
        switch (labels.count, labels.suffix(2).joined(separator: ".")) {
        case (2...3, "gcr.io"): self = .containerRegistry
        case (3, "pkg.dev"): self = .artifactRegistry
        case (5, "pkg.dev") where labels[2] == "rep": self = .regionalArtifactRegistry
        case (4, "google.com") where labels[0] == "container" && labels[1] == "cloud": self = .kubernetesEngine
        case (3, "s3nsregistry.fr") where labels[0] == "docker": self = .universe(apiDomain: "s3nsapis.fr")
        case (3, _) where labels[2] == "goog" && (labels[0] == "docker" || labels[0].hasSuffix("-docker")):
            // .goog is Google's own top-level domain; a universe named X has its APIs at apis-X.goog and its registry at pkg-X.goog.
            guard labels[1].hasPrefix("pkg-"), labels[1].utf8.count > 4 else { return nil }
            self = .universe(apiDomain: "apis-\(labels[1].dropFirst(4)).goog")
        default: return nil
        }
    }

    /// RFC 1123: letters, digits and inner hyphens; lower case because requests are.
    private static func isLabel(_ label: String) -> Bool {
        let bytes = label.utf8
        return (1...63).contains(bytes.count) && bytes.first != UInt8(ascii: "-") && bytes.last != UInt8(ascii: "-")
            && bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
    }
}
