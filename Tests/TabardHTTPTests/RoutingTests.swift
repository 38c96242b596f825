import Synchronization
import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardHTTP

/// What is decided before anything is sent.
@Suite struct RoutingTests {
    @Test(arguments: [
        "http://169.254.169.254/latest", "http://169.254.170.2/v2", "http://169.254.0.1/", "https://169.254.169.254/", "http://[fe80::1]/",
        "http://[fd00:ec2::254]/", "http://[fd00:ec2::23]/", "http://[fd20:ce::254]/", "http://[::ffff:169.254.169.254]/",
        "http://name.test/", "https://name.test/",
    ])
    func `forbids link-local and metadata addresses when told so, also behind a name`(_ url: String) async throws {
        let configuration = HTTPConfiguration { ["TABARD_FORBID_LINK_LOCAL": "1"][$0] }
        let client = localClient(configuration, ["127.0.0.1", "169.254.169.254"])
        let failure = try await client.failure(HTTPRequest(url: try WebURL(url)))
        #expect(failure.code == .invalid)
        #expect(failure.reason.contains("TABARD_FORBID_LINK_LOCAL=1"))
    }

    @Test func `a metadata request goes to a metadata service only`() async throws {
        let client = localClient(HTTPConfiguration { _ in nil })
        let failure = try await client.failure(HTTPRequest(url: try WebURL("http://metadata.test/token"), isMetadata: true))
        #expect(failure.code == .invalid)
        #expect(failure.reason == "metadata.test is not a known metadata service")
    }

    @Test func `a metadata request never goes through a proxy`() async throws {
        let proxy = try ScriptedServer { _ in }
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        var configuration = HTTPConfiguration { $0 == "HTTP_PROXY" || $0 == "HTTPS_PROXY" ? "http://127.0.0.1:\(proxy.port)" : nil }
        configuration.metadataHosts = ["metadata.test:\(server.port)"]
        let client = localClient(configuration)
        let url = try WebURL("http://metadata.test:\(server.port)/token")
        #expect(try await client.answer(HTTPRequest(url: url, isMetadata: true)).body.text == "hi")
        // Nor does one that forgot to say that it is one.
        #expect(try await client.answer(HTTPRequest(url: url)).body.text == "hi")
        #expect(proxy.connectionCount == 0)
        #expect(try configuration.proxies.proxy(for: url) != nil)
    }

    @Test(arguments: ["secret", "authorization", "cookie", "body"])
    func `credentials do not go over plain HTTP to anybody`(_ kind: String) async throws {
        let server = try ScriptedServer { _ in }
        let client = localClient(HTTPConfiguration { _ in nil })
        var request = HTTPRequest(url: try WebURL("http://registry.test:\(server.port)/v2/"))
        switch kind {
        case "secret": request.headers.add("X-Token", secret: Secret("hunter2"))
        case "body": request.body = Secret("hunter2")
        default: request.headers.add(kind, "hunter2")
        }
        let failure = try await client.failure(request)
        #expect(failure.code == .invalid)
        #expect(failure.reason.contains("plain HTTP"))
        #expect(!failure.description.contains("hunter2"))
        #expect(server.connectionCount == 0)
    }

    @Test func `credentials go over plain HTTP to a host that the operator named`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        let client = localClient(HTTPConfiguration(insecureHosts: ["registry.test:\(server.port)"]) { _ in nil })
        var request = HTTPRequest(url: try WebURL("http://registry.test:\(server.port)/v2/"))
        request.headers.add("Authorization", secret: Secret("Basic x"))
        #expect(try await client.answer(request).body.text == "hi")
    }

    @Test func `names below localhost never leave the machine`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        let resolver = NameResolver { _ in .failure(.failed("must not be asked")) }
        let client = HTTPClient(
            configuration: HTTPConfiguration { _ in nil }, clocks: SystemClocks(), log: .silent, resolver: resolver)
        for host in ["localhost", "a.localhost"] {
            #expect(try await client.answer(HTTPRequest(url: try WebURL("http://\(host):\(server.port)/"))).body.text == "hi")
        }
    }

    @Test func `tries the next address when one refuses`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        let client = localClient(HTTPConfiguration(insecureHosts: ["two.test:\(server.port)"]) { _ in nil }, ["127.0.0.2", "127.0.0.1"])
        #expect(try await client.answer(HTTPRequest(url: try WebURL("http://two.test:\(server.port)/"))).body.text == "hi")
    }

    @Test func `tells a name that does not resolve`() async throws {
        let resolver = NameResolver { _ in .failure(.failed("Name or service not known")) }
        let client = HTTPClient(configuration: HTTPConfiguration { _ in nil }, clocks: SystemClocks(), log: .silent, resolver: resolver)
        let failure = try await client.failure(HTTPRequest(url: try WebURL("https://nowhere.test/")))
        #expect(failure.code == .unavailable)
        #expect(failure.reason == "the name nowhere.test cannot be resolved: Name or service not known")
    }

    @Test func `does not wait for a lookup that hangs`() async throws {
        let release = Monitor(false)
        let resolver = NameResolver { _ in
            _ = release.wait(until: nil) { $0 ? true : nil }
            return .failure(.failed("late"))
        }
        let client = HTTPClient(configuration: HTTPConfiguration { _ in nil }, clocks: SystemClocks(), log: .silent, resolver: resolver)
        let request = HTTPRequest(url: try WebURL("https://slow.test/"), connectTimeout: .milliseconds(10))
        let failure = try await client.failure(request)
        #expect(failure.code == .timedOut)
        #expect(failure.reason == "the name slow.test was not resolved in time")

        let cancellation = Cancellation()
        let waiting = HTTPRequest(url: try WebURL("https://slow.test/"))
        async let cancelled = client.failure(waiting, cancellation: cancellation)
        cancellation.cancel()
        #expect(try await cancelled.code == .cancelled)
        release.update { $0 = true }
    }

    @Test(arguments: [
        ("X", "a\r\nY: b"), ("X", "a\nb"), ("X", "a\0b"), ("X y", "a"), ("", "a"), ("X:", "a"), ("Host", "other"), ("content-length", "1"),
        ("Transfer-Encoding", "chunked"), ("Connection", "keep-alive"), ("Accept-Encoding", "gzip"),
    ])
    func `refuses fields that would change the request`(_ name: String, _ value: String) async throws {
        let server = try ScriptedServer { _ in }
        let client = makeClient()
        var request = HTTPRequest(url: try server.url())
        request.headers.add(name, value)
        #expect(try await client.failure(request).code == .invalid)
        var secret = HTTPRequest(url: try server.url())
        secret.headers.add(name, secret: Secret(value))
        #expect(try await client.failure(secret).code == .invalid)
        #expect(server.connectionCount == 0)
    }

    @Test(arguments: ["", "GET /evil HTTP/1.1\r\nX:", "G ET", "CONNECT"])
    func `refuses a method that is none`(_ method: String) async throws {
        #expect(try await makeClient().failure(HTTPRequest(method: method, url: try WebURL("http://127.0.0.1:1/"))).code == .invalid)
    }

    @Test func `logs a line at V6 without anything secret`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nhunter2")
        let lines = Lines()
        let client = makeClient(log: lines.sink)
        var request = HTTPRequest(url: try server.url("/token?service=s&sig=hunter2"))
        request.headers.add("Authorization", secret: Secret("Bearer hunter2"))
        _ = try await client.answer(request)
        _ = try await client.failure(HTTPRequest(url: try server.url("/?sig=hunter2"), maximumBody: 3))
        #expect(lines.all.count == 2)
        #expect(lines.all[0].hasPrefix("GET http://127.0.0.1:\(server.port)/token?"))
        #expect(lines.all[0].contains(" 200 7 bytes in "))
        #expect(lines.all[1].contains("failed after "))
        #expect(!lines.all.contains { $0.contains("hunter2") })
    }
}
