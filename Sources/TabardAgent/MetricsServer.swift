import TabardCore
import TabardSystem

/// Serves the numbers to Prometheus: `GET /metrics` over HTTP/1.1, one request a connection, and nothing else.
final class MetricsServer: Sendable {
    private let pool: ConnectionPool

    private static let longestRequest = 8192
    private static let patience: Int64 = 5_000_000_000
    private static let mostClients = 4

    /// - Parameter text: Makes the text when it is asked for.
    init(_ listener: consuming SocketListener, log: LogSink, text: @escaping @Sendable () -> String) throws(SystemError) {
        pool = try ConnectionPool(listener, limit: Self.mostClients, log: log) { connection in
            let limit = SystemClocks().monotonicNanoseconds + Self.patience
            guard let request = Self.request(on: connection, until: limit) else { return }
            var response = Self.response(to: request, text)
            // Whoever has gone needs no numbers.
            response.withUTF8 { bytes in try? connection.writeAll(UnsafeRawBufferPointer(bytes), until: limit) }
        }
    }

    var descriptor: Int32 { pool.descriptor }
    var port: Int? { pool.port }

    /// The head of the request; nil when none came in time.
    private static func request(on connection: borrowing UnixConnection, until limit: Int64) -> String? {
        var bytes: [UInt8] = []
        while bytes.count <= longestRequest {
            if String(decoding: bytes, as: UTF8.self).contains(text: "\r\n\r\n") { return String(decoding: bytes, as: UTF8.self) }
            guard (try? connection.receive(until: limit) { bytes += $0 }) == true else { return nil }
        }
        return "TOO LONG\r\n\r\n"
    }

    static func response(to request: String, _ text: () -> String) -> String {
        let line = request.prefix { $0 != "\r\n" && $0 != "\r" }.split(separator: " ", omittingEmptySubsequences: false)
        guard line.count == 3, line[2].hasPrefix("HTTP/1.") else { return plain("400 Bad Request", "this is no request of HTTP/1.1\n") }
        guard line[0] == "GET" || line[0] == "HEAD" else { return plain("405 Method Not Allowed", "GET alone\n", more: "Allow: GET\r\n") }
        guard line[1] == "/metrics" || line[1].hasPrefix("/metrics?") else { return plain("404 Not Found", "there is /metrics alone\n") }
        let body = text()
        let head = head("200 OK", "application/openmetrics-text; version=1.0.0; charset=utf-8", body.utf8.count)
        return line[0] == "HEAD" ? head : head + body
    }

    private static func plain(_ status: String, _ body: String, more: String = "") -> String {
        head(status, "text/plain; charset=utf-8", body.utf8.count, more: more) + body
    }

    private static func head(_ status: String, _ type: String, _ length: Int, more: String = "") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(length)\r\n\(more)Connection: close\r\n\r\n"
    }
}
