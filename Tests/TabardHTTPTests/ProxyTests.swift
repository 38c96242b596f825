import Glibc
import TabardCore
import TabardHTTP
import TabardSystem
import TabardTestSupport
import Testing

@Suite struct ProxyTests {
    static func configuration(_ proxy: ScriptedServer, userInfo: String = "", caFile: String? = nil) -> HTTPConfiguration {
        HTTPConfiguration(caFile: caFile) {
            $0 == "HTTP_PROXY" || $0 == "HTTPS_PROXY" ? "http://\(userInfo)127.0.0.1:\(proxy.port)" : nil
        }
    }

    @Test func `plain HTTP asks the proxy for the whole URL`() async throws {
        let seen = Guarded("")
        let proxy = try ScriptedServer { connection in
            let request = connection.readRequest() ?? ""
            seen.withLock { $0 = request }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        }
        let client = makeClient(Self.configuration(proxy, userInfo: "user:p%40ss@"))
        // The name is for the proxy to resolve.
        let response = try await client.answer(HTTPRequest(url: try WebURL("http://nowhere.test/a?b")))
        #expect(response.body.text == "hi")
        let text = seen.withLock { $0 }
        #expect(text.hasPrefix("GET http://nowhere.test/a?b HTTP/1.1\r\nHost: nowhere.test\r\n"))
        // user:p@ss
        #expect(text.contains("Proxy-Authorization: Basic dXNlcjpwQHNz\r\n"))
    }

    @Test(arguments: [(407, "user:password@"), (403, "administrator"), (502, "cannot reach")])
    func `tells what the proxy says to CONNECT`(_ status: Int, _ advice: String) async throws {
        let seen = Guarded("")
        let proxy = try ScriptedServer { connection in
            let request = connection.readRequest() ?? ""
            seen.withLock { $0 = request }
            connection.send("HTTP/1.1 \(status) No\r\nContent-Length: 3\r\n\r\nno!")
            connection.waitForClose()
        }
        let client = makeClient(Self.configuration(proxy))
        var request = HTTPRequest(url: try WebURL("https://nowhere.test/a?b"))
        request.headers.add("Authorization", secret: Secret("Bearer hunter2"))
        let failure = try await client.failure(request)
        #expect(failure.code == .unavailable)
        #expect(failure.reason == "the proxy 127.0.0.1:\(proxy.port) refused to connect to nowhere.test:443 with status \(status)")
        #expect(failure.advice.contains(advice))
        // Nothing of the request is for the proxy.
        let text = seen.withLock { $0 }
        #expect(text.hasPrefix("CONNECT nowhere.test:443 HTTP/1.1\r\n"))
        #expect(!text.contains("hunter2"))
    }

    @Test func `TLS goes through the proxy to the server`() async throws {
        let server = try ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        let folder = TemporaryFolder()
        let front = try await onThread {
            try RunningService("tls_front.py", [folder.path, "--backend", "\(server.port)", "--name", "registry.test"], in: folder)
        }
        let target = front.port
        let proxy = try ScriptedServer { connection in
            guard connection.readRequest()?.hasPrefix("CONNECT registry.test:443 ") == true, let loopback = IPAddress("127.0.0.1"),
                let socket = try? StreamSocket.connect(to: loopback, port: target, until: WaitLimit(deadline: .max))
            else { return }
            connection.send("HTTP/1.1 200 Connected\r\nX-Proxy: 1\r\n\r\n")
            relay(connection, socket)
        }
        let client = makeClient(Self.configuration(proxy, caFile: folder.path("ca.pem")))
        let response = try await client.answer(HTTPRequest(url: try WebURL("https://registry.test/")))
        #expect(response.body.text == "hi")
        #expect(!response.headers.contains("x-proxy"))
    }

    @Test(arguments: [
        ("", Failure.Code.unavailable, "closed the connection without an answer"),
        ("SSH-2.0-x\r\n", .badResponse, "does not answer as a proxy"),
        ("HTTP/1.1 200 Connected\r\n\r\nmore", .badResponse, "sent bytes before any were asked for"),
    ])
    func `tells what is no proxy`(_ sent: String, _ code: Failure.Code, _ reason: String) async throws {
        let proxy = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send(sent)
        }
        let failure = try await makeClient(Self.configuration(proxy)).failure(HTTPRequest(url: try WebURL("https://nowhere.test/")))
        #expect(failure.code == code)
        #expect(failure.reason.contains("the proxy 127.0.0.1:\(proxy.port) \(reason)"))
    }

    @Test func `a proxy of another kind is for libcurl`() async throws {
        let seen = Guarded<[UInt8]>([])
        let proxy = try ScriptedServer { connection in
            let bytes = connection.receive()
            seen.withLock { $0 = bytes }
        }
        let client = makeClient(HTTPConfiguration { $0 == "HTTPS_PROXY" ? "socks5://127.0.0.1:\(proxy.port)" : nil })
        #expect(try await client.failure(HTTPRequest(url: try WebURL("https://nowhere.test/"))).code == .unavailable)
        // The version of SOCKS, RFC 1928.
        #expect(seen.withLock { $0.first } == 5)
    }

    @Test func `tells a proxy that is not there`() async throws {
        // Taken and not listened on: a port that was only free a moment ago is soon another test's.
        let taken = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(taken) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                #expect(bind(taken, $0, size) == 0 && getsockname(taken, $0, &size) == 0)
            }
        }
        let port = UInt16(bigEndian: address.sin_port)
        let client = makeClient(HTTPConfiguration { $0 == "HTTPS_PROXY" ? "http://127.0.0.1:\(port)" : nil })
        let failure = try await client.failure(HTTPRequest(url: try WebURL("https://nowhere.test/")))
        #expect(failure.code == .unavailable)
        #expect(failure.reason == "the proxy 127.0.0.1:\(port) refused the connection")
    }
}
