public import TabardSystem

/// What an operator decides about HTTP, for all requests of a client.
public struct HTTPConfiguration: Sendable {
    /// A PEM file with the only authorities to trust, or nil to go by SSL_CERT_FILE, SSL_CERT_DIR and the distribution's store.
    public var caFile: String?
    /// Folders with a folder `HOST[:PORT]` for each server that has certificates of its own (docker's certs.d); the first that has one counts.
    public var serverCertificates: [String] = []
    /// The User-Agent field, unless a request has its own.
    public var userAgent: String
    /// Hosts, as `host` (port 80) or `host:port`, to which credentials may go over plain HTTP.
    public var insecureHosts: Set<String>
    /// Further metadata services, as `host` (port 80) or `host:port`, that the operator named.
    public var metadataHosts: Set<String>
    /// Refuse link-local and metadata addresses, before connecting.
    public var forbidsLinkLocal: Bool
    /// Which requests go through a proxy.
    public var proxies: ProxyRules
    /// SSL_CERT_FILE, or AWS_CA_BUNDLE where neither it nor SSL_CERT_DIR is set: a PEM file with the only authorities to trust, behind
    /// `caFile`.
    public var certificateFile: String?
    /// SSL_CERT_DIR: folders of certificates, separated by colons, behind `caFile`.
    public var certificateFolders: String?

    /// Makes a configuration.
    ///
    /// - Parameter environment: Looks up TABARD_FORBID_LINK_LOCAL, the proxy variables, SSL_CERT_FILE, SSL_CERT_DIR and
    ///   AWS_CA_BUNDLE.
    public init(
        caFile: String? = nil, userAgent: String = "tabard", insecureHosts: Set<String> = [], metadataHosts: Set<String> = [],
        environment: (String) -> String? = Environment.nonEmptyValue
    ) {
        self.caFile = caFile
        self.userAgent = userAgent
        self.insecureHosts = insecureHosts
        self.metadataHosts = metadataHosts
        forbidsLinkLocal = environment("TABARD_FORBID_LINK_LOCAL") == "1"
        proxies = ProxyRules(environment: environment)
        certificateFolders = environment("SSL_CERT_DIR")
        certificateFile = environment("SSL_CERT_FILE") ?? (certificateFolders == nil ? environment("AWS_CA_BUNDLE") : nil)
    }
}
