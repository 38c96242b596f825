import Glibc
import Synchronization
import TabardCore
import TabardSystem

/// HTTP/1.1 over a TCP socket, without TLS and without any library: for loopback, metadata servers and hosts that the operator named.
///
/// Connections are kept for the next request to the same origin, except to metadata servers, which like to be left alone.
final class PlainTransport: HTTPTransport {
    private static let maximumIdlePerOrigin = 8
    private static let maximumIdle = 32
    /// For answers that are small by nature.
    private static let smallRead = 32 << 10

    private let idle = Mutex<[String: [PlainConnection]]>([:])

    private enum Outcome {
        case complete
        /// The kept connection was dead: no byte of an answer came, so the request may be sent again on a new one.
        case stale
    }

    func run(
        _ exchange: HTTPExchange, onHead: (HTTPResponseHead) throws(Failure) -> Void,
        onBytes: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let origin = exchange.request.url.origin
        let keepsAlive = !exchange.request.isMetadata
        // Only requests that may be repeated go out on a connection that may turn out to be dead.
        if keepsAlive, exchange.request.method == "GET" || exchange.request.method == "HEAD", let kept = takeIdle(origin) {
            let outcome = try converse(exchange, on: kept, isKept: true, keepsAlive: true, onHead: onHead, onBytes: onBytes)
            if case .complete = outcome { return }
        }
        let connection = PlainConnection(try connect(exchange))
        _ = try converse(exchange, on: connection, isKept: false, keepsAlive: keepsAlive, onHead: onHead, onBytes: onBytes)
    }

    private func connect(_ exchange: HTTPExchange) throws(Failure) -> StreamSocket {
        var last = WaitError.timedOut
        for (index, address) in exchange.addresses.enumerated() {
            var limit = exchange.connectLimit
            // Each address gets its share of the time that is left.
            let left = Int64(exchange.addresses.count - index)
            if left > 1, limit.deadline != .max { limit.deadline = limit.clocks.monotonicNanoseconds + limit.remaining / left }
            do {
                return try StreamSocket.connect(to: address, port: exchange.request.url.port, until: limit)
            } catch {
                last = error
                if error == .cancelled { break }
            }
        }
        throw exchange.failure(last, .connecting)
    }

    private func converse(
        _ exchange: HTTPExchange, on connection: PlainConnection, isKept: Bool, keepsAlive: Bool,
        onHead: (HTTPResponseHead) throws(Failure) -> Void, onBytes: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> Outcome {
        defer { connection.wipe() }
        var sendProblem: WaitError?
        do {
            let bytes = RequestEncoding.encode(exchange, keepsAlive: keepsAlive)
            try bytes.withBytes { bytes throws(WaitError) in try connection.socket.writeAll(bytes, until: exchange.nextByteLimit) }
        } catch {
            guard case .failed = error else { throw exchange.failure(error, .sending) }
            // A server may answer (413, 400) and close without reading everything: its answer counts.
            sendProblem = error
        }
        var parser = ResponseParser(method: exchange.request.method)
        var phase = HTTPPhase.waiting
        while true {
            var unread: UnsafeRawBufferPointer
            do {
                unread = try connection.read(exchange.isStream ? PlainConnection.bufferSize : Self.smallRead, until: exchange.nextByteLimit)
            } catch {
                if isKept, case .failed = error, !parser.hasStarted { return .stale }
                if let sendProblem, !parser.hasStarted { throw exchange.failure(sendProblem, .sending) }
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
                    // Bytes behind the answer belong to no request: such a connection is not trusted with another.
                    if keepsAlive, parser.isReusable, unread.isEmpty, sendProblem == nil {
                        giveBack(connection, origin: exchange.request.url.origin)
                    }
                    return .complete
                }
            }
        }
    }

    private func takeIdle(_ origin: String) -> PlainConnection? {
        while let connection = idle.withLock({ $0[origin]?.popLast() }) {
            if connection.socket.isQuiet { return connection }
        }
        return nil
    }

    private func giveBack(_ connection: PlainConnection, origin: String) {
        connection.wipe()
        idle.withLock { idle in
            if idle.values.reduce(0, { $0 + $1.count }) >= Self.maximumIdle { idle.removeAll() }
            if idle[origin, default: []].count < Self.maximumIdlePerOrigin { idle[origin, default: []].append(connection) }
        }
    }
}
