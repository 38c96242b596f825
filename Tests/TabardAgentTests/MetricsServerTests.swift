import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardAgent

@Suite struct MetricsServerTests {
    @Test(arguments: [
        ("GET /metrics HTTP/1.1", "200 OK"), ("GET /metrics?x=1 HTTP/1.0", "200 OK"), ("HEAD /metrics HTTP/1.1", "200 OK"),
        ("GET / HTTP/1.1", "404 Not Found"), ("GET /metricsx HTTP/1.1", "404 Not Found"),
        ("POST /metrics HTTP/1.1", "405 Method Not Allowed"),
        ("GET /metrics", "400 Bad Request"), ("GET  /metrics HTTP/1.1", "400 Bad Request"), ("", "400 Bad Request"),
        ("\u{16}\u{3}\u{1} TLS x", "400 Bad Request"),
    ])
    func `a request gets what HTTP has for it`(line: String, status: String) {
        let response = MetricsServer.response(to: "\(line)\r\nHost: x\r\n\r\n") { "the numbers\n" }
        #expect(response.hasPrefix("HTTP/1.1 \(status)\r\n"))
        let parts = response.split(separator: "\r\n\r\n", omittingEmptySubsequences: false)
        let length = response.firstMatch(of: /Content-Length: ([0-9]+)/).flatMap { Int($0.1) }
        #expect(parts.count == 2 && (line.hasPrefix("HEAD") ? parts[1].isEmpty : parts[1].utf8.count == length))
        #expect(response.contains("the numbers") == (status == "200 OK" && !line.hasPrefix("HEAD")))
    }

    @Test func `Prometheus gets the numbers over TCP, and who sends too much gets none`() async throws {
        let address = try #require(IPAddress("127.0.0.1"))
        let server = try MetricsServer(try SocketListener.listen(on: address, port: 0), log: .silent) { "numbers\n" }
        let port = try #require(server.port)
        let bodies = try await onThread {
            try ["GET /metrics HTTP/1.1\r\n\r\n", String(repeating: "x", count: 20_000)].map { request in
                let limit = WaitLimit(deadline: SystemClocks().monotonicNanoseconds + 60_000_000_000)
                let socket = try StreamSocket.connect(to: address, port: port, until: limit)
                try Array(request.utf8).withUnsafeBytes { try socket.writeAll($0, until: limit) }
                var text = ""
                let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
                defer { buffer.deallocate() }
                // A reset ends it, too.
                while let count = try? socket.read(into: buffer, until: limit), count > 0 {
                    text += String(decoding: UnsafeRawBufferPointer(rebasing: buffer[..<count]), as: UTF8.self)
                }
                return text
            }
        }
        #expect(bodies[0].hasSuffix("\r\n\r\nnumbers\n"))
        #expect(!bodies[1].contains("numbers"))
    }
}
