import TabardCore
import TabardSystem

extension SocketTransport {
    private static let connectRead = 16 << 10

    /// A new connection on which the request can be written: TCP, the proxy's tunnel, TLS, as far as there are any.
    func open(_ exchange: HTTPExchange) throws(Failure) -> SocketConnection {
        let isTLS = exchange.request.url.scheme == .https
        // Whom to trust is known before anybody is bothered.
        let context = isTLS ? try context(for: exchange.request.url) : nil
        let connection = SocketConnection(try connect(exchange))
        guard let context else { return connection }
        if exchange.proxy != nil { try tunnel(exchange, through: connection) }
        let url = exchange.request.url
        // In TLS a name has no dot at its end (RFC 6066 section 3).
        let host = url.host.hasSuffix(".") ? String(url.host.dropLast()) : url.host
        guard let engine = context.engine(host: host, isAddress: IPAddress(host) != nil, server: url.origin) else {
            throw exchange.failure(.local, "libssl cannot make a connection to \(url.hostAndPort)")
        }
        do {
            try connection.start(engine, until: exchange.connectLimit)
        } catch {
            throw exchange.failure(error, .handshaking, trusting: context.trusted)
        }
        return connection
    }

    private func connect(_ exchange: HTTPExchange) throws(Failure) -> StreamSocket {
        var last = WaitError.timedOut
        for (index, address) in exchange.addresses.enumerated() {
            var limit = exchange.connectLimit
            // Each address gets its share of the time that is left.
            let left = Int64(exchange.addresses.count - index)
            if left > 1, limit.deadline != .max { limit.deadline = limit.clocks.monotonicNanoseconds + limit.remaining / left }
            do {
                return try StreamSocket.connect(to: address, port: exchange.proxy?.port ?? exchange.request.url.port, until: limit)
            } catch {
                last = error
                if error == .cancelled { break }
            }
        }
        throw exchange.failure(last, .connecting)
    }

    /// Asks the proxy for a connection to the server (RFC 9110 section 9.3.6).
    private func tunnel(_ exchange: HTTPExchange, through connection: SocketConnection) throws(Failure) {
        defer { connection.wipe() }
        do {
            let bytes = RequestEncoding.encodeConnect(exchange)
            try bytes.withBytes { bytes throws(ConnectionProblem) in try connection.writeAll(bytes, until: exchange.connectLimit) }
        } catch {
            throw exchange.failure(error, .connecting)
        }
        var parser = ResponseParser(method: "CONNECT")
        while true {
            let bytes: UnsafeRawBufferPointer
            do { bytes = try connection.read(Self.connectRead, until: exchange.connectLimit) } catch {
                throw exchange.failure(error, .connecting)
            }
            if bytes.isEmpty {
                throw exchange.failure(
                    .unavailable, "\(exchange.peer) closed the connection without an answer", advice: "check that it is a proxy")
            }
            let step: (consumed: Int, event: ResponseParser.Event)
            do { step = try parser.parse(bytes) } catch {
                throw exchange.failure(.badResponse, "\(exchange.peer) does not answer as a proxy", advice: "check that it is one")
            }
            guard case .head(let head) = step.event else { continue }
            guard (200..<300).contains(head.status) else { throw exchange.proxyFailure(head.status) }
            // In TLS the client speaks first.
            guard step.consumed == bytes.count else {
                throw exchange.failure(.badResponse, "\(exchange.peer) sent bytes before any were asked for")
            }
            return
        }
    }
}
