import TabardCore
import TabardHTTP
import TabardSystem
import TabardTestSupport
import Testing

/// Against a real TLS server with an authority made for the test.
@Suite struct TLSTests {
    let folder = TemporaryFolder()

    static func answering() throws -> ScriptedServer {
        try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    }

    func front(_ backend: ScriptedServer, _ options: String...) async throws -> RunningService {
        let folder = folder
        return try await onThread {
            try RunningService("tls_front.py", [folder.path, "--backend", "\(backend.port)"] + options, in: folder)
        }
    }

    func get(_ service: RunningService, host: String = "localhost", _ configuration: HTTPConfiguration) async throws -> HTTPResponse {
        let client = HTTPClient(configuration: configuration)
        let request = HTTPRequest(url: try WebURL("https://\(host):\(service.port)/"))
        return try await onThread { try client.perform(request, until: .max, cancellation: nil) }
    }

    func failure(_ service: RunningService, host: String = "localhost", _ configuration: HTTPConfiguration) async throws -> Failure {
        try await #require(throws: Failure.self) { try await get(service, host: host, configuration) }
    }

    @Test func `trusts the authority in the file that the operator gave`() async throws {
        let server = try Self.answering()
        let front = try await front(server)
        let response = try await get(front, HTTPConfiguration(caFile: folder.path("ca.pem")) { _ in nil })
        #expect(response.status == 200)
        #expect(response.body.hasSameBytes(as: Secret("hello")))
    }

    @Test func `trusts the authority in SSL_CERT_FILE`() async throws {
        let server = try Self.answering()
        let front = try await front(server)
        let file = folder.path("ca.pem")
        #expect(try await get(front, HTTPConfiguration { $0 == "SSL_CERT_FILE" ? file : nil }).status == 200)
    }

    @Test func `trusts the authorities in a folder without hash links`() async throws {
        let server = try Self.answering()
        let front = try await front(server)
        let certificates = folder.path("authorities")
        folder.write("authorities/a-note.txt", "not a certificate")
        folder.write("authorities/mine.crt", try FileSystem.contents(of: folder.path("ca.pem"), limit: 1 << 20))
        #expect(try await get(front, HTTPConfiguration { $0 == "SSL_CERT_DIR" ? certificates : nil }).status == 200)
    }

    @Test func `refuses an unknown authority`() async throws {
        let server = try Self.answering()
        let front = try await front(server)
        let failure = try await failure(front, HTTPConfiguration { _ in nil })
        #expect(failure.code == .untrusted)
        #expect(failure.reason.contains("an authority that is not trusted"))
        #expect(failure.advice.contains("SSL_CERT_FILE"))
        #expect(server.connectionCount == 0)
    }

    @Test func `refuses an expired certificate`() async throws {
        let server = try Self.answering()
        let front = try await front(server, "--days", "-1")
        let failure = try await failure(front, HTTPConfiguration(caFile: folder.path("ca.pem")) { _ in nil })
        #expect(failure.code == .untrusted)
        #expect(failure.reason.contains("has expired"))
    }

    @Test func `refuses a certificate for another name`() async throws {
        let server = try Self.answering()
        let front = try await front(server, "--name", "other.example")
        let failure = try await failure(front, HTTPConfiguration(caFile: folder.path("ca.pem")) { _ in nil })
        #expect(failure.code == .untrusted)
        #expect(failure.reason.contains("the certificate of localhost:\(front.port) is for another name"))
    }

    @Test func `refuses TLS before 1_2`() async throws {
        let server = try Self.answering()
        let front = try await front(server, "--maximum", "1.1")
        let failure = try await failure(front, HTTPConfiguration(caFile: folder.path("ca.pem")) { _ in nil })
        #expect(failure.code == .unavailable)
        #expect(failure.reason.contains("no TLS of version 1.2"))
    }

    @Test func `says that a server speaks no TLS`() async throws {
        let client = HTTPClient(configuration: HTTPConfiguration { _ in nil })
        // It answers plain HTTP to the first bytes of TLS.
        let server = try ScriptedServer { connection in
            connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.waitForClose()
        }
        let request = HTTPRequest(url: try WebURL("https://localhost:\(server.port)/"))
        let failure = await #expect(throws: Failure.self) {
            try await onThread { try client.perform(request, until: .max, cancellation: nil) }
        }
        #expect(failure?.code == .unavailable)
        #expect(failure?.reason.contains("does not speak TLS") == true)
    }

    @Test func `sends secrets inside TLS`() async throws {
        let seen = Guarded("")
        let server = try ScriptedServer { connection in
            let request = connection.readRequest() ?? ""
            seen.withLock { $0 = request }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        let front = try await front(server)
        let client = makeClient(HTTPConfiguration(caFile: folder.path("ca.pem")) { _ in nil })
        var request = HTTPRequest(method: "POST", url: try WebURL("https://localhost:\(front.port)/token"), body: Secret("a=b"))
        request.headers.add("Authorization", secret: Secret("Basic x"))
        request.headers.add("Content-Type", "application/x-www-form-urlencoded")
        #expect(try await client.answer(request).body.text == "ok")
        let lines = seen.withLock { $0 }.split(separator: "\r\n").map(String.init)
        let expected = [
            "Authorization: Basic x", "Content-Length: 3", "Content-Type: application/x-www-form-urlencoded",
            "Host: localhost:\(front.port)",
            "User-Agent: tabard", "a=b",
        ]
        #expect(lines.first == "POST /token HTTP/1.1")
        #expect(lines.dropFirst().sorted() == expected)
    }

    @Test func `keeps TLS connections, and streams through them`() async throws {
        let piece = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(3 << 20)\r\n\r\n")
                for _ in 0..<3 { connection.send(piece) }
            }
        }
        let front = try await front(server)
        let client = makeClient(HTTPConfiguration(caFile: folder.path("ca.pem")) { _ in nil })
        let request = HTTPRequest(url: try WebURL("https://localhost:\(front.port)/"))
        for _ in 0..<2 { #expect(try await client.streamed(request).bytes.count == 3 << 20) }
        #expect(server.connectionCount == 1)
    }

    @Test func `tells an answer that is cut inside TLS`() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        }
        let front = try await front(server)
        let failure = try await failure(front, HTTPConfiguration(caFile: folder.path("ca.pem")) { _ in nil })
        #expect(failure.code == .unavailable)
        #expect(failure.reason == "the connection ended after 5 of 10 bytes")
    }

    @Test func `gives up a handshake when it is cancelled`() async throws {
        let cancellation = Cancellation()
        let server = try ScriptedServer { connection in
            _ = connection.receive()
            cancellation.cancel()
            connection.waitForClose()
        }
        let request = HTTPRequest(url: try WebURL("https://localhost:\(server.port)/"))
        let failure = try await makeClient().failure(request, cancellation: cancellation)
        #expect(failure.code == .cancelled)
        #expect(server.connectionCount == 1)
    }

    @Test func `tells a file of authorities that is none`() async throws {
        let missing = folder.path("none.pem")
        let text = folder.write("text.pem", "not a certificate")
        let request = HTTPRequest(url: try WebURL("https://localhost:1/"))
        let first = try await makeClient(HTTPConfiguration(caFile: missing) { _ in nil }).failure(request)
        #expect(first.code == .invalid)
        #expect(first.subject == missing)
        let second = try await makeClient(HTTPConfiguration { $0 == "SSL_CERT_FILE" ? text : nil }).failure(request)
        #expect(second.reason == "the file holds no certificate in PEM form")
    }
}
