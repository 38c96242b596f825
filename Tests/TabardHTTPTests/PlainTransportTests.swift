import TabardCore
import TabardHTTP
import TabardSystem
import TabardTestSupport
import Testing

@Suite struct PlainTransportTests {
    let client = makeClient()

    @Test func `sends the request and reads the answer`() async throws {
        let seen = Guarded("")
        let server = try ScriptedServer { connection in
            let request = connection.readRequest() ?? ""
            seen.withLock { $0 = request }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Thing: a\r\nx-thing: b\r\n\r\nhello")
        }
        var request = HTTPRequest(method: "POST", url: try server.url("/a?b=c"))
        request.headers.add("X-Text", "t")
        request.headers.add("Authorization", secret: Secret("Bearer s"))
        request.body = Secret("body")
        let response = try await client.answer(request)
        #expect(response.status == 200)
        #expect(response.body.text == "hello")
        #expect(response.headers.all("X-THING") == ["a", "b"])
        #expect(
            seen.withLock { $0 }
                == "POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nUser-Agent: tabard\r\nX-Text: t\r\nAuthorization: Bearer s\r\n"
                + "Content-Length: 4\r\n\r\nbody")
    }

    @Test func `takes an answer that comes byte by byte`() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            for byte in "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".utf8 { connection.send([byte]) }
        }
        #expect(try await client.answer(HTTPRequest(url: try server.url())).body.text == "abc")
    }

    @Test func `gives every status and never follows a redirect`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        let response = try await client.answer(HTTPRequest(url: try server.url()))
        #expect(response.status == 302)
        #expect(server.connectionCount == 1)
    }

    @Test func `keeps a connection for the next request`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        for _ in 0..<3 { _ = try await client.answer(HTTPRequest(url: try server.url())) }
        #expect(server.connectionCount == 1)
    }

    @Test func `a kept connection belongs to whoever takes it, from the moment on that it is kept`() async throws {
        let body = String(repeating: "x", count: 30_000)
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        let request = HTTPRequest(url: try server.url(), connectTimeout: .seconds(120))
        let client = client
        // More threads than processors, so that one is stopped in every place sooner or later.
        let wrong = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<24 {
                group.addTask {
                    try await onThread {
                        try (0..<300).count { _ in try client.perform(request, until: .max, cancellation: nil).body.text != body }
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }

    @Test func `leaves metadata servers alone between requests`() async throws {
        let seen = Guarded("")
        let server = try ScriptedServer { connection in
            let request = connection.readRequest() ?? ""
            seen.withLock { $0 = request }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
            connection.waitForClose()
        }
        for _ in 0..<2 { _ = try await client.answer(HTTPRequest(url: try server.url(), isMetadata: true)) }
        #expect(server.connectionCount == 2)
        #expect(seen.withLock { $0 }.contains("Connection: close\r\n"))
    }

    @Test func `does not keep a connection with bytes behind the answer`() async throws {
        let server = try ScriptedServer.answering(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        for _ in 0..<2 { #expect(try await client.answer(HTTPRequest(url: try server.url())).body.text == "hi") }
        #expect(server.connectionCount == 2)
    }

    /// The server takes the second request and closes without a byte: such a request may be sent again, once.
    @Test(arguments: [true, false])
    func `sends a request again when a kept connection turns out dead`(_ isReset: Bool) async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(connection.index)")
            guard connection.index == 0 else { return }
            _ = connection.readRequest()
            if isReset { connection.reset() }
        }
        #expect(try await client.answer(HTTPRequest(url: try server.url())).body.text == "0")
        #expect(try await client.answer(HTTPRequest(url: try server.url())).body.text == "1")
    }

    @Test func `never sends a POST on a kept connection`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        _ = try await client.answer(HTTPRequest(url: try server.url()))
        _ = try await client.answer(HTTPRequest(method: "POST", url: try server.url(), body: Secret("a")))
        #expect(server.connectionCount == 2)
    }

    @Test func `says the length of an empty POST`() async throws {
        let seen = Guarded("")
        let server = try ScriptedServer { connection in
            let request = connection.readRequest() ?? ""
            seen.withLock { $0 = request }
            connection.send("HTTP/1.1 204 No Content\r\n\r\n")
        }
        #expect(try await client.answer(HTTPRequest(method: "PUT", url: try server.url())).status == 204)
        #expect(seen.withLock { $0 }.contains("Content-Length: 0\r\n"))
    }

    @Test func `takes the answer of a server that does not read the whole body`() async throws {
        let server = try ScriptedServer { connection in
            connection.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        }
        let body = Secret(String(repeating: "x", count: 8 << 20))
        let response = try? await client.answer(HTTPRequest(method: "POST", url: try server.url(), body: body))
        // A reset may overtake the answer on its way; then the failure says so.
        #expect(response == nil || response?.status == 413)
    }

    @Test func `streams a body larger than every buffer`() async throws {
        let piece = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(5 << 20)\r\n\r\n")
            for _ in 0..<5 { connection.send(piece) }
        }
        let (status, bytes) = try await client.streamed(HTTPRequest(url: try server.url()))
        #expect(status == 200)
        #expect(bytes.count == 5 << 20)
        #expect(bytes.allSatisfy { $0 == UInt8(ascii: "x") })
    }

    @Test func `ends a stream when a closure throws`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        let stop = Failure(.corrupted, attempting: "testing", reason: "enough")
        let request = HTTPRequest(url: try server.url())
        for isHead in [true, false] {
            let thrown = await #expect(throws: Failure.self) {
                try await onThread {
                    try client.stream(
                        request, until: .max, cancellation: nil,
                        onHead: { _ throws(Failure) in if isHead { throw stop } }, onBytes: { _ throws(Failure) in throw stop })
                }
            }
            #expect(thrown == stop)
        }
        // A connection with an unread answer on it is not kept.
        #expect(try await client.answer(request).body.text == "hello")
    }

    @Test func `asks many servers from many threads`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        let request = HTTPRequest(url: try server.url())
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<40 { group.addTask { try await client.answer(request).body.text } }
            for try await text in group { #expect(text == "hi") }
        }
        #expect(server.connectionCount <= 40)
    }
}
