import TabardCore
import TabardHTTP
import TabardSystem
import TabardTestSupport
import Testing

/// libcurl without TLS and proxies, which lets a script say every byte.
@Suite struct CurlTransportTests {
    let client = curlClient()

    func request(_ server: ScriptedServer, _ path: String = "/", method: String = "GET") throws -> HTTPRequest {
        HTTPRequest(method: method, url: try WebURL("http://peer.test:\(server.port)\(path)"))
    }

    @Test(arguments: ["GET", "HEAD", "DELETE", "POST"])
    func `sends nothing but what it was told`(_ method: String) async throws {
        let seen = Guarded("")
        let server = try ScriptedServer { connection in
            let request = connection.readRequest() ?? ""
            seen.withLock { $0 = request }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
        var request = try request(server, "/a/../b//c?d=e%2F", method: method)
        request.headers.add("X-Text", "t")
        request.headers.add("X-Empty", "")
        #expect(try await client.answer(request).status == 200)
        // libcurl has its own places for the fields that it writes itself.
        let lines = seen.withLock { $0 }.split(separator: "\r\n").map(String.init)
        let length = method == "POST" ? ["Content-Length: 0"] : []
        #expect(lines.first == "\(method) /a/../b//c?d=e%2F HTTP/1.1")
        #expect(
            lines.dropFirst().sorted()
                == (length + ["Host: peer.test:\(server.port)", "User-Agent: tabard", "X-Empty:", "X-Text: t"]).sorted())
    }

    @Test func `reads what the plain transport reads`() async throws {
        let server = try ScriptedServer.answering(
            "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 201 Made\r\nX-Thing: a\r\nX-THING:  b \r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n0\r\nX-Trailer: c\r\n\r\n")
        let response = try await client.answer(try request(server))
        #expect(response.status == 201)
        #expect(response.headers.all("x-thing") == ["a", "b"])
        #expect(!response.headers.contains("link") && !response.headers.contains("x-trailer"))
        #expect(response.body.text == "abc")
    }

    @Test func `does not decode what it did not ask for`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello")
        #expect(try await client.answer(try request(server)).body.text == "hello")
    }

    @Test func `keeps a connection, and does without when it died`() async throws {
        let server = try ScriptedServer { connection in
            for _ in 0..<2 {
                guard connection.readRequest() != nil else { return }
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(connection.index)")
            }
            _ = connection.readRequest()
        }
        var answers = ""
        for _ in 0..<4 { answers += try await client.answer(try request(server)).body.text }
        #expect(answers == "0011")
        #expect(server.connectionCount == 2)
    }

    @Test func `never follows a redirect`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 307 Elsewhere\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")
        #expect(try await client.answer(try request(server)).status == 307)
    }

    @Test(arguments: [
        ("", Failure.Code.unavailable, "closed the connection without an answer"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", .unavailable, "ended after 5 bytes"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", .unavailable, "ended after 3 bytes"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", .badResponse, "chunked body is malformed"),
        ("220 mail.example ESMTP\r\n", .badResponse, "is not HTTP"),
        ("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", .badResponse, "folded lines are not HTTP"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", .badResponse, "different values"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .badResponse, "both Transfer-Encoding"),
    ])
    func `tells answers that are none`(_ sent: String, _ code: Failure.Code, _ reason: String) async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send(sent)
        }
        let failure = try await client.failure(try request(server))
        #expect(failure.code == code, "\(failure)")
        #expect(failure.reason.contains(reason), "\(failure)")
    }

    @Test func `bounds the head and the body`() async throws {
        let endless = try ScriptedServer { connection in
            connection.send("HTTP/1.1 200 OK\r\n")
            while connection.send("X: \(String(repeating: "y", count: 1000))\r\n") {}
        }
        #expect(try await client.failure(try request(endless)).code == .tooLarge)
        for sent in ["Content-Length: 11\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nB\r\n12345678901\r\n", "\r\n12345678901"] {
            let server = try ScriptedServer { connection in
                _ = connection.readRequest()
                connection.send("HTTP/1.1 200 OK\r\n" + sent)
                connection.waitForClose()
            }
            var request = try request(server)
            request.maximumBody = 10
            #expect(try await client.failure(request).code == .tooLarge)
        }
    }

    @Test func `tells refused and reset connections`() async throws {
        var gone: ScriptedServer? = try ScriptedServer { _ in }
        let refused = try request(#require(gone))
        gone = nil
        let failure = try await client.failure(refused)
        #expect(failure.code == .unavailable)
        #expect(failure.reason == "\(refused.url.authority) refused the connection")

        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
            connection.reset()
        }
        let reset = try await client.failure(try request(server))
        #expect(reset.code == .unavailable)
        #expect(reset.reason.contains("the connection"))
    }

    @Test func `streams in large pieces and ends when a closure throws`() async throws {
        let piece = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)
        let server = try ScriptedServer { connection in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(5 << 20)\r\n\r\n")
                for _ in 0..<5 where !connection.send(piece) { return }
            }
        }
        let (status, bytes) = try await client.streamed(try request(server))
        #expect(status == 200)
        #expect(bytes.count == 5 << 20)
        let stop = Failure(.corrupted, attempting: "testing", reason: "enough")
        let request = try request(server)
        let thrown = await #expect(throws: Failure.self) {
            try await onThread {
                try client.stream(request, until: .max, cancellation: nil, onHead: { _ in }, onBytes: { _ throws(Failure) in throw stop })
            }
        }
        #expect(thrown == stop)
        #expect(try await client.streamed(request).bytes.count == 5 << 20)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"])
    func `ends when it is cancelled`(_ sent: String) async throws {
        let cancellation = Cancellation()
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send(sent)
            cancellation.cancel()
            connection.waitForClose()
        }
        #expect(try await client.failure(try request(server), cancellation: cancellation).code == .cancelled)
    }

    @Test func `ends at the deadline`() async throws {
        let clocks = FakeClocks()
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            clocks.advance(by: .seconds(11))
            connection.send("HTTP/1.1 ")
            connection.waitForClose()
        }
        let client = curlClient(clocks: clocks)
        let failure = try await client.failure(try request(server), until: clocks.monotonicNanoseconds + 10_000_000_000)
        #expect(failure.code == .timedOut)
        #expect(failure.reason == "the deadline passed while waiting for the answer")
    }

    @Test func `notices a server that falls silent`() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
            connection.waitForClose()
        }
        var request = try request(server)
        request.stallTimeout = .milliseconds(200)
        let failure = try await client.failure(request)
        #expect(failure.code == .timedOut)
        #expect(failure.reason.hasPrefix("no byte came for 200 ms while "))
    }

    @Test func `asks from many threads`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        let request = try request(server)
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<40 { group.addTask { try await client.answer(request).body.text } }
            for try await text in group { #expect(text == "hi") }
        }
    }
}
