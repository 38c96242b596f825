import Synchronization
import TabardCore
import TabardHTTP
import TabardSystem
import TabardTestSupport
import Testing

@Suite struct PlainFailureTests {
    let client = makeClient()

    @Test func `tells a refused connection`() async throws {
        // A port that was free a moment ago, and whose server is gone.
        var server: ScriptedServer? = try ScriptedServer { _ in }
        let url = try #require(server).url("/x?token=secret")
        server = nil
        let failure = try await client.failure(HTTPRequest(url: url))
        #expect(failure.code == .unavailable)
        #expect(failure.reason == "\(url.authority) refused the connection")
        #expect(failure.advice.contains("check that the service runs"))
        #expect(!failure.description.contains("secret"))
    }

    @Test(arguments: [
        ("", "closed the connection without an answer"),
        ("HTTP/1.1 200 OK\r\nContent-", "ended within the head"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", "ended after 5 of 10 bytes"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "ended after 3 bytes, before the last chunk"),
    ])
    func `tells an answer that ends too early`(_ sent: String, _ reason: String) async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send(sent)
        }
        let failure = try await client.failure(HTTPRequest(url: try server.url()))
        #expect(failure.code == .unavailable)
        #expect(failure.reason.contains(reason))
    }

    @Test func `tells a reset`() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.reset()
        }
        let failure = try await client.failure(HTTPRequest(url: try server.url()))
        #expect(failure.code == .unavailable)
        #expect(failure.reason.contains("reset the connection while waiting for the answer"))
    }

    @Test func `tells what is not HTTP, at once`() async throws {
        let server = try ScriptedServer { connection in
            connection.send("220 mail.example ESMTP")
            connection.waitForClose()
        }
        let failure = try await client.failure(HTTPRequest(url: try server.url()))
        #expect(failure.code == .badResponse)
        #expect(failure.reason.contains("does not begin with HTTP/"))
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nB\r\n12345678901\r\n",
        "HTTP/1.1 200 OK\r\n\r\n12345678901",
    ])
    func `refuses a body over the limit without waiting for its end`(_ sent: String) async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send(sent)
            connection.waitForClose()
        }
        let failure = try await client.failure(HTTPRequest(url: try server.url(), maximumBody: 10))
        #expect(failure.code == .tooLarge)
        #expect(failure.reason.contains("limit of 10 bytes"))
    }

    @Test func `takes a body of exactly the limit`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234567890")
        #expect(try await client.answer(HTTPRequest(url: try server.url(), maximumBody: 10)).body.count == 10)
    }

    @Test func `does not wait for a server whose head never ends`() async throws {
        let server = try ScriptedServer { connection in
            connection.send("HTTP/1.1 200 OK\r\n")
            while connection.send("X: \(String(repeating: "y", count: 1000))\r\n") {}
        }
        #expect(try await client.failure(HTTPRequest(url: try server.url())).code == .tooLarge)
    }

    /// Time is the test's: the server lets it pass and then sends one byte, which makes the client look.
    @Test func `ends at the deadline while waiting`() async throws {
        let clocks = FakeClocks()
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            clocks.advance(by: .seconds(11))
            connection.send("H")
            connection.waitForClose()
        }
        let client = makeClient(clocks: clocks)
        let deadline = clocks.monotonicNanoseconds + 10_000_000_000
        let failure = try await client.failure(HTTPRequest(url: try server.url()), until: deadline)
        #expect(failure.code == .timedOut)
        #expect(failure.reason == "the deadline passed while waiting for the answer")
    }

    @Test func `ends at the deadline within a body`() async throws {
        let clocks = FakeClocks()
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
            connection.waitForClose()
        }
        let client = makeClient(clocks: clocks)
        let deadline = clocks.monotonicNanoseconds + 10_000_000_000
        let request = HTTPRequest(url: try server.url())
        let failure = await #expect(throws: Failure.self) {
            try await onThread {
                try client.stream(
                    request, until: deadline, cancellation: nil, onHead: { _ in }, onBytes: { _ in clocks.advance(by: .seconds(11)) })
            }
        }
        #expect(failure?.code == .timedOut)
        #expect(failure?.reason == "the deadline passed while receiving the body after 3 bytes")
    }

    @Test func `ends at its own timeout, before the deadline of the call`() async throws {
        let clocks = FakeClocks()
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            clocks.advance(by: .seconds(6))
            connection.send("H")
            connection.waitForClose()
        }
        let client = makeClient(clocks: clocks)
        let failure = try await client.failure(HTTPRequest(url: try server.url(), timeout: .seconds(5)))
        #expect(failure.code == .timedOut)
    }

    @Test func `does not connect when the deadline has passed`() async throws {
        let server = try ScriptedServer { _ in }
        let failure = try await client.failure(HTTPRequest(url: try server.url()), until: 1)
        #expect(failure.code == .timedOut)
        #expect(server.connectionCount == 0)
    }

    @Test func `notices a server that falls silent`() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
            connection.waitForClose()
        }
        let request = HTTPRequest(url: try server.url(), stallTimeout: .milliseconds(200))
        let failure = try await client.failure(request)
        #expect(failure.code == .timedOut)
        #expect(failure.reason.hasPrefix("no byte came for 200 ms while "))
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
        let failure = try await client.failure(HTTPRequest(url: try server.url()), cancellation: cancellation)
        #expect(failure.code == .cancelled)
    }

    @Test func `does not begin when it is cancelled already`() async throws {
        let cancellation = Cancellation()
        cancellation.cancel()
        let server = try ScriptedServer { _ in }
        #expect(try await client.failure(HTTPRequest(url: try server.url()), cancellation: cancellation).code == .cancelled)
        #expect(server.connectionCount == 0)
    }
}
