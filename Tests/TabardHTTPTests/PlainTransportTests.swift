import Synchronization
import TabardCore
import TabardHTTP
import TabardSystem
import TabardTestSupport
import Testing

@Suite struct PlainTransportTests {
    let client = HTTPClient(configuration: HTTPConfiguration { _ in nil })

    @Test func `sends the request and reads the answer`() async throws {
        let seen = Mutex("")
        let server = try ScriptedServer { connection in
            let request = connection.readRequest() ?? ""
            seen.withLock { $0 = request }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Thing: a\r\nx-thing: b\r\n\r\nhello")
        }
        var request = HTTPRequest(method: "POST", url: try WebURL("http://127.0.0.1:\(server.port)/a?b=c"))
        request.headers.add("X-Text", "t")
        request.headers.add("Authorization", secret: Secret("Bearer s"))
        request.body = Secret("body")
        let response = try await onThread { [request] in try client.perform(request, until: .max, cancellation: nil) }
        #expect(response.status == 200)
        #expect(response.body.hasSameBytes(as: Secret("hello")))
        #expect(response.headers.all("X-THING") == ["a", "b"])
        #expect(
            seen.withLock { $0 }
                == "POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nUser-Agent: tabard\r\nX-Text: t\r\nAuthorization: Bearer s\r\n"
                + "Content-Length: 4\r\n\r\nbody")
    }
}
