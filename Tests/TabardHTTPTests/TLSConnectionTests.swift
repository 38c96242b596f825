import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardHTTP

/// What becomes of TLS connections: how they end, stall, are kept and are taken up again.
@Suite struct TLSConnectionTests {
    let folder = TemporaryFolder()

    func front(_ backend: ScriptedServer, _ options: String...) async throws -> RunningService {
        let folder = folder
        return try await onThread {
            try RunningService("tls_front.py", [folder.path, "--backend", "\(backend.port)"] + options, in: folder)
        }
    }

    func client(clocks: any Clocks = SystemClocks()) -> HTTPClient {
        makeClient(HTTPConfiguration(caFile: folder.path("ca.pem")) { _ in nil }, clocks: clocks)
    }

    func request(_ port: Int, method: String = "GET", host: String = "localhost") throws -> HTTPRequest {
        HTTPRequest(method: method, url: try WebURL("https://\(host):\(port)/"), body: method == "POST" ? Secret("a=b") : nil)
    }

    @Test func `takes a body that ends with TLS`() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\n\r\nhello")
        }
        let front = try await front(server, "--farewell")
        #expect(try await client().answer(try request(front.port)).body.text == "hello")
    }

    @Test(arguments: [
        ("", "the server closed the connection without an answer"),
        ("HTTP/1.1 200 OK\r\nContent-", "the connection ended within the head of the answer"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "the connection ended after 3 bytes, before the last chunk"),
        ("HTTP/1.1 200 OK\r\n\r\nhello", "the connection ended after 5 bytes without an end of TLS, so that the answer may be cut"),
    ])
    func `tells TLS that is cut`(_ sent: String, _ reason: String) async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send(sent)
        }
        let front = try await front(server)
        let failure = try await client().failure(try request(front.port))
        #expect(failure.code == .unavailable)
        #expect(failure.reason == reason)
    }

    @Test func `tells a reset while shaking hands`() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.receive()
            connection.reset()
        }
        let failure = try await makeClient().failure(try request(server.port))
        #expect(failure.code == .unavailable)
        #expect(failure.reason == "localhost:\(server.port) reset the connection while setting up TLS")
    }

    /// Time is the test's: the server lets it pass and then sends one byte, which makes the client look.
    @Test func `ends at the deadline while shaking hands`() async throws {
        let clocks = FakeClocks()
        let server = try ScriptedServer { connection in
            _ = connection.receive()
            clocks.advance(by: .seconds(11))
            connection.send([0x16])
            connection.waitForClose()
        }
        let failure = try await makeClient(clocks: clocks).failure(
            try request(server.port), until: clocks.monotonicNanoseconds + 10_000_000_000)
        #expect(failure.code == .timedOut)
        #expect(failure.reason == "no connection to localhost:\(server.port) in time (while setting up TLS)")
    }

    @Test func `tells a server that hangs up while shaking hands`() async throws {
        let server = try ScriptedServer { connection in _ = connection.receive() }
        let failure = try await makeClient().failure(try request(server.port))
        #expect(failure.code == .unavailable)
        #expect(failure.reason == "localhost:\(server.port) closed the connection while setting up TLS")
    }

    @Test func `notices a server that falls silent inside TLS`() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
            connection.waitForClose()
        }
        let front = try await front(server)
        var request = try request(front.port)
        request.stallTimeout = .milliseconds(300)
        let failure = try await client().failure(request)
        #expect(failure.code == .timedOut)
        #expect(failure.reason.hasPrefix("no byte came for 300 ms while "))
    }

    @Test func `ends when it is cancelled inside TLS`() async throws {
        let cancellation = Cancellation()
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
            cancellation.cancel()
            connection.waitForClose()
        }
        let front = try await front(server)
        #expect(try await client().failure(try request(front.port), cancellation: cancellation).code == .cancelled)
    }

    @Test func `does without a kept connection that died`() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(connection.index)")
            // The second request may be read before the connection dies, but is not answered.
            _ = connection.readRequest()
        }
        let front = try await front(server)
        let client = client()
        var answers = ""
        for _ in 0..<2 { answers += try await client.answer(try request(front.port)).body.text }
        #expect(answers == "01")
    }

    @Test func `never sends a POST on a kept connection, but skips the certificates`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        let front = try await front(server)
        let target = front.port
        let counts = Guarded<[Int]>([])
        let wire = try ScriptedServer { connection in
            guard let loopback = IPAddress("127.0.0.1"),
                let socket = try? StreamSocket.connect(to: loopback, port: target, until: WaitLimit(deadline: .max))
            else { return }
            counts.withLock { $0.append(0) }
            relay(connection, socket) { count in counts.withLock { $0[connection.index] += count } }
        }
        let client = client()
        for _ in 0..<2 { #expect(try await client.answer(try request(wire.port, method: "POST")).body.text == "hi") }
        let seen = counts.withLock { $0 }
        #expect(seen.count == 2)
        // Two certificates are left out, of some 400 bytes each.
        #expect(seen.count == 2 && seen[1] + 500 < seen[0], "\(seen)")
    }

    @Test func `asks from many threads`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        let front = try await front(server)
        let client = client()
        let get = try request(front.port)
        let post = try request(front.port, method: "POST")
        try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<24 { group.addTask { try await client.answer(number % 2 == 0 ? get : post).body.text } }
            for try await text in group { #expect(text == "hi") }
        }
    }

    @Test func `sends a body of many records`() async throws {
        let count = Guarded(0)
        let server = try ScriptedServer { connection in
            let size = connection.readRequest()?.split(separator: "\r\n\r\n").last?.utf8.count ?? 0
            count.withLock { $0 = size }
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")
        }
        let front = try await front(server)
        var request = try request(front.port, method: "POST")
        request.body = Secret(String(repeating: "x", count: 300_000))
        #expect(try await client().streamed(request).bytes == Array("hi".utf8))
        #expect(count.withLock { $0 } == 300_000)
    }

    @Test func `checks an address against the addresses of the certificate`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        let front = try await front(server)
        #expect(try await client().answer(try request(front.port, host: "127.0.0.1")).body.text == "hi")
        let named = try await self.front(server, "--name", "other.example")
        let failure = try await client().failure(try request(named.port, host: "127.0.0.1"))
        #expect(failure.reason == "the certificate of 127.0.0.1:\(named.port) is for another name")
    }

    @Test func `tells a certificate that is signed by itself, and trusts it when it is given`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        let front = try await front(server, "--self-signed")
        let failure = try await makeClient().failure(try request(front.port))
        #expect(failure.code == .untrusted)
        #expect(failure.reason.contains("is signed by itself and is not trusted"))
        #expect(failure.advice == "give the certificate itself with --ca FILE or SSL_CERT_FILE")
        let trusting = makeClient(HTTPConfiguration(caFile: folder.path("localhost.pem")) { _ in nil })
        #expect(try await trusting.answer(try request(front.port)).body.text == "hi")
    }

    @Test func `finds an authority by its hash link`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        let front = try await front(server)
        let file = folder.path("ca.pem")
        let hash = try await onThread { try Tool.run("openssl", ["x509", "-noout", "-subject_hash", "-in", file]).output }
        folder.write("hashed/\(hash.split(separator: "\n").first ?? "").0", try FileSystem.contents(of: file, limit: 1 << 20))
        let hashed = folder.path("hashed")
        let client = makeClient(HTTPConfiguration { $0 == "SSL_CERT_DIR" ? hashed : nil })
        #expect(try await client.answer(try request(front.port)).body.text == "hi")
    }

    @Test(arguments: [
        (9, "is not valid yet", "correct this machine's clock"), (10, "has expired", "renew it on the server"),
        (18, "is signed by itself", "--ca FILE"), (19, "an authority that is not trusted", "--ca FILE"),
        (20, "an authority that is not trusted", "SSL_CERT_FILE"), (62, "is for another name", "use a name"),
        (64, "is for another name", "use a name"), (66, "is not accepted: EE key too small", "openssl s_client"),
    ])
    func `says what is wrong with a certificate`(_ result: Int, _ reason: String, _ advice: String) throws {
        let limit = WaitLimit(deadline: .max)
        let exchange = HTTPExchange(
            request: try request(443), userAgent: "", limit: limit, connectLimit: limit, stall: 1, isStream: false, proxy: nil,
            addresses: [])
        let failure = exchange.failure(.tls(verifyResult: result, text: "EE key too small"), .handshaking, trusting: "the store")
        #expect(failure.code == .untrusted)
        #expect(failure.reason.contains(reason))
        #expect(failure.advice.contains(advice))
    }
}
