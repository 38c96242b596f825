public import TabardCore

/// Where a registry is and what may be sent there.
public struct RegistryEndpoint: Sendable, Hashable {
    /// `https://host[:port]/`, or `http://` for loopback and for registries that the operator named insecure.
    public let base: WebURL
    /// The name that images carry: `docker.io`, `localhost:5000`.
    public let registry: String
    /// Whether plain HTTP, and credentials over it, are allowed.
    public let allowsPlainHTTP: Bool
    /// Whether it is on loopback and has not answered yet: it may turn out to speak TLS.
    var mayNeedTLS: Bool

    /// The endpoint of an image's registry.
    ///
    /// - Parameter insecureRegistries: `host[:port]` as images name them, for which plain HTTP is used.
    public init(for image: ImageReference, insecureRegistries: Set<String> = []) throws(Failure) {
        registry = image.registry
        let secure = try WebURL("https://\(image.registryHost)/")
        allowsPlainHTTP = secure.isLoopback || insecureRegistries.contains(image.registry)
        base = allowsPlainHTTP ? try WebURL("http://\(image.registryHost)/") : secure
        mayNeedTLS = secure.isLoopback
    }

    private init(base: WebURL, registry: String, allowsPlainHTTP: Bool) {
        self.base = base
        self.registry = registry
        self.allowsPlainHTTP = allowsPlainHTTP
        mayNeedTLS = false
    }

    /// The same registry over TLS.
    func overTLS() throws(Failure) -> RegistryEndpoint {
        RegistryEndpoint(base: try WebURL("https://\(base.authority)/"), registry: registry, allowsPlainHTTP: allowsPlainHTTP)
    }

    /// The address of a manifest or blob.
    ///
    /// - Parameters:
    ///   - kind: `manifests` or `blobs`.
    ///   - reference: A tag or digest, already checked.
    func url(_ kind: String, repository: String, reference: String) throws(Failure) -> WebURL {
        try base.resolving("/v2/\(repository)/\(kind)/\(reference)")
    }

    /// Checks the address of the token server that a challenge named.
    ///
    /// Whoever can answer for the registry, or sits on the way to it, chooses this address, and our credential goes there. So: absolute,
    /// without user information, over TLS unless the registry itself may be spoken to in the clear, and never at an address that only this
    /// machine or its network can reach, unless the registry is there too.
    func tokenServer(realm: String) throws(Failure) -> WebURL {
        func refuse(_ reason: String) -> Failure {
            Failure(
                .denied, attempting: "reading the challenge of \(registry)", on: realm, reason: reason,
                advice: "nothing was sent there; the registry's administrator has to mend its token realm", source: registry)
        }
        let url: WebURL
        do { url = try WebURL(realm) } catch { throw refuse("its token realm is no usable URL: \(error.reason)") }
        if url.scheme == .http {
            guard base.scheme == .http, url.host == base.host || url.isLoopback else {
                throw refuse("its token realm is plain HTTP, where a password could be read on the way")
            }
        }
        let realmReach = NetworkReach(host: url.host)
        guard
            realmReach == .anywhere || url.host == base.host
                || (realmReach == .thisMachine && NetworkReach(host: base.host) == .thisMachine)
        else {
            throw refuse("its token realm is an address of this machine or its own network")
        }
        return url
    }

    /// Checks where an answer wants us to go on.
    func redirect(from url: WebURL, to location: String) throws(Failure) -> WebURL {
        let next = try url.resolving(location)
        func refuse(_ reason: String) -> Failure {
            Failure(
                .denied, attempting: "following a redirect of \(registry)", on: next.redacted, reason: reason,
                advice: "nothing was sent there", source: registry)
        }
        if url.scheme == .https, next.scheme == .http { throw refuse("it leads from TLS to plain HTTP") }
        let reach = NetworkReach(host: next.host)
        if reach == .thisLink, next.host != base.host { throw refuse("it leads to a link-local address") }
        if reach == .thisMachine, NetworkReach(host: base.host) != .thisMachine { throw refuse("it leads to this machine itself") }
        return next
    }
}
