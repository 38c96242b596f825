import TabardCore
import TabardSystem

extension HTTPExchange {
    /// For a connection that broke, or never became one.
    ///
    /// - Parameter store: What is trusted, where TLS may be the reason.
    func failure(_ problem: ConnectionProblem, _ phase: HTTPPhase, bytes: Int64 = 0, trusting store: String = "") -> Failure {
        switch problem {
        case .wait(let error): return failure(error, phase, bytes: bytes)
        case .cut where phase == .handshaking:
            return failure(
                .unavailable, "\(request.url.hostAndPort) closed the connection while setting up TLS",
                advice: "try again; check that the port speaks TLS and that nothing on the way forbids it")
        case .cut:
            let progress = phase == .receiving ? "ended after \(bytes) bytes" : "ended"
            return failure(
                .unavailable, "the connection \(progress) without an end of TLS, so that the answer may be cut", advice: "try again")
        case .tls(let result, let text): return result != 0 ? certificateFailure(result, text, store) : handshakeFailure(text)
        }
    }

    /// Whom TLS is spoken with: the server, also through a proxy, and with a proxy of kind https that one first.
    private var tlsPeer: String { proxy?.kind == .https ? "\(request.url.hostAndPort) or \(peer)" : request.url.hostAndPort }

    /// For a certificate that does not convince. The numbers are X509_V_ERR_… of OpenSSL's x509_vfy.h.
    func certificateFailure(_ result: Int, _ text: String, _ store: String) -> Failure {
        let who = "the certificate of \(tlsPeer)"
        switch result {
        case 10:
            return failure(.untrusted, "\(who) has expired", advice: "renew it on the server, or correct this machine's clock")
        case 9: return failure(.untrusted, "\(who) is not valid yet", advice: "correct this machine's clock")
        case 18:
            return failure(
                .untrusted, "\(who) is signed by itself and is not trusted (trusted: \(store))",
                advice: "give the certificate itself with --ca FILE or SSL_CERT_FILE")
        case 2, 19, 20, 21, 24, 27:
            return failure(
                .untrusted, "\(who) is signed by an authority that is not trusted (trusted: \(store))",
                advice: "give the authority's certificate with --ca FILE or SSL_CERT_FILE")
        case _ where text.contains(text: "subject name"), 62, 64:
            // libcurl compares the names itself, and tells it with words only.
            return failure(
                .untrusted, "\(who) is for another name",
                advice: "use a name that the certificate has, or check that no other server answers here")
        default: return failure(.untrusted, "\(who) is not accepted: \(text)", advice: "check the certificate with openssl s_client")
        }
    }

    /// For a handshake that did not come to an end.
    func handshakeFailure(_ text: String) -> Failure {
        if text.contains(text: "wrong version number") || text.contains(text: "packet length too long")
            || text.contains(text: "http request")
        {
            return failure(.unavailable, "\(tlsPeer) does not speak TLS", advice: "check the port, or use http:// if that is meant")
        }
        if text.contains(text: "protocol version") || text.contains(text: "unsupported protocol") {
            return failure(.unavailable, "\(tlsPeer) offers no TLS of version 1.2 or newer", advice: "update the server's TLS settings")
        }
        return failure(.unavailable, "no TLS with \(tlsPeer): \(text)", advice: "check the server with openssl s_client")
    }

    /// For a proxy that does not connect us to the server.
    func proxyFailure(_ status: Int) -> Failure {
        let advice =
            switch status {
            case 407: "put user:password@ into the proxy's URL"
            case 502, 503, 504: "the proxy cannot reach the server: check the name and port, or exclude the host with NO_PROXY"
            default: "ask the proxy's administrator, or exclude the host with NO_PROXY"
            }
        return failure(.unavailable, "\(peer) refused to connect to \(request.url.hostAndPort) with status \(status)", advice: advice)
    }
}
