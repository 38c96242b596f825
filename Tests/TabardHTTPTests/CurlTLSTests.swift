import TabardCore
import TabardHTTP
import TabardSystem
import TabardTestSupport
import Testing

/// TLS through libcurl: what a machine without libssl.so.3 has, and what proxies of the kind https need.
@Suite struct CurlTLSTests {
    let folder = TemporaryFolder()

    func front(_ backend: ScriptedServer, _ options: [String] = []) async throws -> RunningService {
        let folder = folder
        return try await onThread {
            try RunningService("tls_front.py", [folder.path, "--backend", "\(backend.port)"] + options, in: folder)
        }
    }

    @Test func `gets an answer`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        let front = try await front(server)
        let client = curlClient(HTTPConfiguration(caFile: folder.path("ca.pem")) { _ in nil })
        #expect(try await client.answer(HTTPRequest(url: try WebURL("https://localhost:\(front.port)/"))).body.text == "hi")
    }

    @Test(arguments: [
        (["--days", "-1"], "has expired"), (["--name", "other.example"], "is for another name"),
        (["--self-signed"], "is not trusted"), (["--maximum", "1.1"], "no TLS of version 1.2"),
    ])
    func `refuses what libssl refuses, with the same words`(_ options: [String], _ reason: String) async throws {
        let server = try ScriptedServer { _ in }
        let front = try await front(server, options)
        let authority = folder.path("ca.pem")
        let configuration = HTTPConfiguration(caFile: options == ["--self-signed"] ? nil : authority) { _ in nil }
        let request = HTTPRequest(url: try WebURL("https://localhost:\(front.port)/"))
        let failure = try await curlClient(configuration).failure(request)
        #expect(failure.code == (options.first == "--maximum" ? .unavailable : .untrusted))
        #expect(failure.reason.contains(reason))
        #expect(failure == (try await makeClient(configuration).failure(request)))
    }

    @Test func `asks a proxy of the kind https inside TLS`() async throws {
        let seen = Guarded("")
        let proxy = try ScriptedServer { connection in
            let request = connection.readRequest() ?? ""
            seen.withLock { $0 = request }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        }
        let front = try await front(proxy)
        let place = "https://localhost:\(front.port)"
        let client = makeClient(HTTPConfiguration(caFile: folder.path("ca.pem")) { $0 == "HTTP_PROXY" ? place : nil })
        #expect(try await client.answer(HTTPRequest(url: try WebURL("http://nowhere.test/a"))).body.text == "hi")
        #expect(seen.withLock { $0 }.hasPrefix("GET http://nowhere.test/a HTTP/1.1\r\n"))
    }
}
