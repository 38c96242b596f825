import CTabardOpenSSL
import TabardCore
import TabardSystem

/// Whom one client trusts, read once, with the sessions that servers gave it. Sessions stay within a context, because what a server proved
/// to one set of authorities it has not proved to another.
final class TLSContext: Sendable {
    private static let maximumSessions = 64

    /// For messages: what is trusted.
    let trusted: String
    // An SSL_CTX: after it is set up, libssl lets any thread make connections from it.
    private nonisolated(unsafe) let pointer: OpaquePointer
    private let sessions = Monitor<[String: TLSSession]>([:])

    /// Why there is no libssl.so.3 to be had, or nil when there is. Loads it.
    static func loadProblem() -> String? {
        var reason = [CChar](repeating: 0, count: 256)
        return tabard_tls_load(&reason, reason.count) == 0 ? nil : text(reason)
    }

    /// Reads the authorities. libssl must be loaded.
    ///
    /// - Parameter server: What is for one server alone.
    init(_ configuration: HTTPConfiguration, for server: ServerCertificates? = nil) throws(Failure) {
        var authorities: CertificateAuthorities
        do {
            authorities = try CertificateAuthorities.find(configuration)
        } catch {
            // A server that brings its own needs no others.
            guard error.code == .local, server?.authorities.isEmpty == false else { throw error }
            authorities = CertificateAuthorities()
        }
        if let server, !server.authorities.isEmpty {
            authorities.bytes = (authorities.bytes ?? []) + [0x0A] + server.authorities
            authorities.description = [authorities.description, server.folder].filter { !$0.isEmpty }.joined(separator: " and ")
        }
        let pem = authorities.bytes ?? []
        var reason = [CChar](repeating: 0, count: 256)
        let made = pem.withUnsafeBytes { pem in
            tabard_tls_context_new(
                authorities.file, authorities.folders, pem.isEmpty ? nil : pem.baseAddress, pem.count, &reason, reason.count)
        }
        guard let made else {
            throw Failure(
                .invalid, attempting: "reading certificate authorities", on: authorities.description, reason: Self.text(reason),
                advice: "correct the file, or name another with --ca or SSL_CERT_FILE")
        }
        if let client = server?.client,
            tabard_tls_context_present(made, client.certificate, client.key, &reason, reason.count) != 0
        {
            tabard_tls_context_free(made)
            throw Failure(
                .invalid, attempting: "reading the certificate that is shown to a server", on: client.certificate,
                reason: Self.text(reason),
                advice: "it and \(client.key) have to be PEM, to belong together, and to need no password")
        }
        pointer = made
        trusted = authorities.description
    }

    deinit { tabard_tls_context_free(pointer) }

    /// A connection to `host`, a name or an address, not shaken hands yet; nil without memory or for a name that no certificate can have.
    ///
    /// - Parameter server: Names the server among sessions. One that is there is used up.
    func engine(host: String, isAddress: Bool, server: String) -> TLSEngine? {
        let session = sessions.update { $0.removeValue(forKey: server) }
        return tabard_tls_new(pointer, host, isAddress ? 1 : 0, session?.pointer).map { TLSEngine($0) }
    }

    /// Keeps a session for the next connection to `server`.
    func keep(_ session: TLSSession, server: String) {
        sessions.update { sessions in
            if sessions.count >= Self.maximumSessions, sessions[server] == nil { sessions.removeAll() }
            sessions[server] = session
        }
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
