import Glibc
import TabardCore
import TabardSystem

extension HTTPExchange {
    /// The place that is connected to: the proxy where there is one.
    var peer: String { proxy.map { "the proxy \($0.name)" } ?? request.url.hostAndPort }

    func failure(_ code: Failure.Code, _ reason: String, advice: String = "") -> Failure {
        Failure(code, attempting: "requesting", on: request.subject, reason: reason, advice: advice)
    }

    /// For a wait that ended without what it waited for.
    func failure(_ error: WaitError, _ phase: HTTPPhase, bytes: Int64 = 0) -> Failure {
        switch error {
        case .cancelled: failure(.cancelled, "given up while \(phase.rawValue)")
        case .timedOut: timedOut(phase, bytes: bytes)
        case .failed(let error): failure(error, phase, bytes: bytes)
        }
    }

    private func timedOut(_ phase: HTTPPhase, bytes: Int64) -> Failure {
        let isDeadline = limit.remaining == 0
        switch phase {
        case .resolving:
            return failure(
                .timedOut, "the name \(request.url.host) was not resolved in time", advice: "check the name servers in /etc/resolv.conf")
        case .connecting, .handshaking:
            return failure(
                .timedOut, "no connection to \(peer) in time (while \(phase.rawValue))",
                advice: "check that the address is right and that no firewall drops the packets")
        case .sending, .waiting, .receiving:
            let progress = phase == .receiving ? " after \(bytes) bytes" : ""
            let reason = isDeadline ? "the deadline passed" : "no byte came for \(Duration.nanoseconds(stall).shortText)"
            return failure(
                .timedOut, "\(reason) while \(phase.rawValue)\(progress)",
                advice: "the server is slow or stuck: try again, or allow more time")
        }
    }

    private func failure(_ error: SystemError, _ phase: HTTPPhase, bytes: Int64) -> Failure {
        switch error.number {
        case ECONNREFUSED:
            return failure(.unavailable, "\(peer) refused the connection", advice: "check that the service runs and listens there")
        case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, ENETDOWN, EHOSTDOWN:
            return failure(.unavailable, "\(peer) is unreachable: \(error.meaning)", advice: "check the network, routes and proxy settings")
        case ECONNRESET, EPIPE:
            let progress = phase == .receiving ? " after \(bytes) bytes" : ""
            return failure(
                .unavailable, "\(peer) reset the connection while \(phase.rawValue)\(progress)",
                advice: "try again; a firewall or an overloaded server may be cutting connections")
        case EMFILE, ENFILE, ENOMEM, ENOBUFS:
            return failure(.local, "\(error.description) while \(phase.rawValue)", advice: "raise the limit on open files or memory")
        case EACCES, EPERM:
            return failure(
                .unavailable, "a local rule forbids the connection to \(peer): \(error.meaning)", advice: "check firewall and sandbox rules"
            )
        default: return failure(.unavailable, "\(error.description) while \(phase.rawValue)")
        }
    }

    func failure(_ problem: ResponseParser.Problem) -> Failure {
        switch problem {
        case .malformed(let reason):
            failure(.badResponse, reason, advice: "check that the address is an HTTP server and not, for example, one that wants TLS")
        case .tooLarge(let reason): failure(.tooLarge, reason)
        // A cut connection is as transient as a reset one.
        case .truncated(let reason): failure(.unavailable, reason, advice: "try again")
        }
    }
}

extension WebURL {
    /// The host with the port that is connected to, always written.
    var hostAndPort: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension Duration {
    /// `5 s`, `250 ms`.
    var shortText: String {
        let milliseconds = wholeNanoseconds / 1_000_000
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }
}
