import TabardCore
import TabardSystem

/// HTTP/1.1 over a TCP socket, with libssl where it is TLS, directly or through a proxy of kind http.
///
/// Connections are kept for the next request to the same origin, except to metadata servers, which like to be left alone.
final class SocketTransport: HTTPTransport {
    private static let maximumIdlePerOrigin = 8
    private static let maximumIdle = 32
    private static let maximumContexts = 256
    /// For answers that are small by nature.
    private static let smallRead = 32 << 10

    private let configuration: HTTPConfiguration

    private let idle = Monitor<[String: [SocketConnection]]>([:])
    /// By origin; servers without certificates of their own share one, which is at the empty string.
    private let tls = Monitor<[String: TLSContext]>([:])

    init(_ configuration: HTTPConfiguration) { self.configuration = configuration }

    private enum Outcome {
        case complete
        /// The kept connection was dead: no byte of an answer came, so the request may be sent again on a new one.
        case stale
    }

    func run(
        _ exchange: HTTPExchange, onHead: (HTTPResponseHead) throws(Failure) -> Void,
        onBytes: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let place = exchange.poolName
        let keepsAlive = !exchange.request.isMetadata
        // Only requests that may be repeated go out on a connection that may turn out to be dead.
        if keepsAlive, exchange.request.method == "GET" || exchange.request.method == "HEAD", let kept = takeIdle(place) {
            let outcome = try converse(exchange, on: kept, isKept: true, keepsAlive: true, onHead: onHead, onBytes: onBytes)
            if case .complete = outcome { return }
        }
        let connection = try open(exchange)
        _ = try converse(exchange, on: connection, isKept: false, keepsAlive: keepsAlive, onHead: onHead, onBytes: onBytes)
    }

    /// Sessions of TLS 1.3 come beside the answer, so there is one, if any, when the answer is complete.
    private func keepSession(of connection: SocketConnection, _ exchange: HTTPExchange) {
        guard let session = connection.tls?.takeSession() else { return }
        tls.read { $0[exchange.request.url.origin] }?.keep(session, server: exchange.request.url.origin)
    }

    /// What is trusted, read once: others wait for the first, which may have a whole bundle to read.
    func context(for url: WebURL) throws(Failure) -> TLSContext {
        try tls.update { known throws(Failure) in
            if let context = known[url.origin] { return context }
            if known.count >= Self.maximumContexts { known = known.filter { $0.key.isEmpty } }
            let own = try ServerCertificates.find(for: url, in: configuration.serverCertificates)
            let context =
                if own == nil, let shared = known[""] { shared } else { try TLSContext(configuration, for: own) }
            if own == nil { known[""] = context }
            known[url.origin] = context
            return context
        }
    }

    private func converse(
        _ exchange: HTTPExchange, on connection: SocketConnection, isKept: Bool, keepsAlive: Bool,
        onHead: (HTTPResponseHead) throws(Failure) -> Void, onBytes: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> Outcome {
        // What the answer leaves in the buffer is overwritten when the connection is given back or goes. Not here at the end: it may be
        // somebody else's by then.
        var sendProblem: ConnectionProblem?
        do {
            let bytes = RequestEncoding.encode(exchange, keepsAlive: keepsAlive)
            try bytes.withBytes { bytes throws(ConnectionProblem) in try connection.writeAll(bytes, until: exchange.nextByteLimit) }
        } catch {
            guard error.isOfConnection else { throw exchange.failure(error, .sending) }
            // A server may answer (413, 400) and close without reading everything: its answer counts.
            sendProblem = error
        }
        var parser = ResponseParser(method: exchange.request.method)
        var phase = HTTPPhase.waiting
        while true {
            var unread: UnsafeRawBufferPointer
            do {
                unread = try connection.read(
                    exchange.isStream ? SocketConnection.bufferSize : Self.smallRead, until: exchange.nextByteLimit)
            } catch {
                if isKept, error.isOfConnection, !parser.hasStarted { return .stale }
                if let sendProblem, !parser.hasStarted { throw exchange.failure(sendProblem, .sending) }
                // The parser knows better what is missing, unless the end was to be the end of the body.
                if case .cut = error { do { try parser.finish() } catch { throw exchange.failure(error) } }
                throw exchange.failure(error, phase, bytes: parser.bodyBytes)
            }
            if unread.isEmpty {
                if isKept, !parser.hasStarted { return .stale }
                if let sendProblem, !parser.hasStarted { throw exchange.failure(sendProblem, .sending) }
                do { try parser.finish() } catch { throw exchange.failure(error) }
                return .complete
            }
            while true {
                let step: (consumed: Int, event: ResponseParser.Event)
                do { step = try parser.parse(unread) } catch { throw exchange.failure(error) }
                switch step.event {
                case .head(let head):
                    phase = .receiving
                    try onHead(head)
                case .body(let range): try onBytes(UnsafeRawBufferPointer(rebasing: unread[range]))
                case .needsMore, .end: break
                }
                unread = UnsafeRawBufferPointer(rebasing: unread[step.consumed...])
                if case .needsMore = step.event { break }
                if case .end = step.event {
                    keepSession(of: connection, exchange)
                    // Bytes behind the answer belong to no request: such a connection is not trusted with another.
                    if keepsAlive, parser.isReusable, unread.isEmpty, sendProblem == nil {
                        // The last that is done with it here.
                        giveBack(connection, exchange)
                    }
                    return .complete
                }
            }
        }
    }

    private func takeIdle(_ place: String) -> SocketConnection? {
        while let connection = idle.update({ $0[place]?.popLast() }) {
            if connection.isQuiet { return connection }
        }
        return nil
    }

    private func giveBack(_ connection: SocketConnection, _ exchange: HTTPExchange) {
        connection.wipe()
        let place = exchange.poolName
        // Connections that no longer fit close outside the lock: they may have a farewell to send.
        let dropped = idle.update { idle in
            var dropped: [SocketConnection] = []
            if idle.values.reduce(0, { $0 + $1.count }) >= Self.maximumIdle {
                dropped = idle.values.flatMap { $0 }
                idle.removeAll()
            }
            if idle[place, default: []].count < Self.maximumIdlePerOrigin {
                idle[place, default: []].append(connection)
            } else {
                dropped.append(connection)
            }
            return dropped
        }
        _ = consume dropped
    }
}
