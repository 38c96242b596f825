import TabardCore
import TabardHTTP
import TabardSystem

/// The first question to a registry.
extension RegistrySession {
    /// Reads the manifest of `image` as `entry`, or as nobody.
    ///
    /// - Parameter endpoint: Of a registry on loopback it is not known what it speaks before it has answered once: then this finds it out,
    ///   and the endpoint is changed for whoever asks next.
    static func open(
        _ image: ImageReference, as entry: AuthEntry?, at endpoint: inout RegistryEndpoint, context: Context, until deadline: Int64
    ) throws(Failure) -> (session: RegistrySession, manifest: Manifest) {
        if endpoint.mayNeedTLS {
            endpoint.mayNeedTLS = false
            do throws(Failure) {
                return try open(image, as: entry, at: endpoint, tries: 1, context: context, until: deadline)
            } catch {
                // The registry has said nothing, something that is no HTTP, or what Go's servers say to plain HTTP on a TLS port.
                let mayBeTLS = error.httpStatus == nil || error.httpStatus == 400
                guard error.code == .unavailable || (mayBeTLS && error.code == .badResponse) else { throw error }
                if mayBeTLS, let secure = try? endpoint.overTLS(), answers(secure, context: context, until: deadline) {
                    endpoint = secure
                }
            }
        }
        return try open(image, as: entry, at: endpoint, tries: context.tries, context: context, until: deadline)
    }

    private static func open(
        _ image: ImageReference, as entry: AuthEntry?, at endpoint: RegistryEndpoint, tries: Int, context: Context, until deadline: Int64
    ) throws(Failure) -> (session: RegistrySession, manifest: Manifest) {
        let session = RegistrySession(endpoint: endpoint, repository: image.repository, entry: entry, context: context)
        let manifest = try session.manifest(
            image.pullIdentifier, expected: image.digest, image: image.description, tries: tries, until: deadline)
        return (session, manifest)
    }

    /// Whether a server answers there, whatever it answers. From plain HTTP to TLS is the safe way round.
    static func answers(_ endpoint: RegistryEndpoint, context: Context, until deadline: Int64) -> Bool {
        guard let url = try? endpoint.base.resolving("/v2/") else { return false }
        context.requests.count()
        do throws(Failure) {
            _ = try context.http.perform(HTTPRequest(url: url), until: deadline, cancellation: context.cancellation)
            return true
        } catch {
            // A certificate that is refused is a TLS server's, and what is kept here for it may be wrong: the pull reports it.
            return error.code == .untrusted || error.code == .invalid
        }
    }
}
