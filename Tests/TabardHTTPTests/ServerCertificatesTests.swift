import TabardCore
import TabardHTTP
import TabardSystem
import TabardTestSupport
import Testing

/// Certificates that an operator keeps for single servers, against a real TLS server that wants to see one.
@Suite struct ServerCertificatesTests {
    private let folder = TemporaryFolder()
    private let certificates = TemporaryFolder()

    /// A server, and what its operator would put into the folder of that server.
    private func server() async throws -> (RunningService, ScriptedServer) {
        let backend = try TLSTests.answering()
        let folder = folder
        let front = try await onThread {
            try RunningService("tls_front.py", [folder.path, "--backend", "\(backend.port)", "--client", "node"], in: folder)
        }
        return (front, backend)
    }

    private func keep(_ name: String, as path: String) throws {
        certificates.write(path, try FileSystem.contents(of: folder.path(name), limit: 1 << 20))
    }

    private func get(_ service: RunningService) async throws -> HTTPResponse {
        var configuration = HTTPConfiguration { _ in nil }
        configuration.serverCertificates = [folder.path("nothing-here"), certificates.path]
        let client = HTTPClient(configuration: configuration)
        let request = HTTPRequest(url: try WebURL("https://localhost:\(service.port)/"))
        return try await onThread { try client.perform(request, until: .max, cancellation: nil) }
    }

    @Test func `a server gets to see the certificate that is for it, and is trusted by the authority that is for it`() async throws {
        let (front, backend) = try await server()
        let place = "localhost:\(front.port)"
        try keep("ca.pem", as: "\(place)/ours.crt")
        try keep("node.pem", as: "\(place)/node.cert")
        try keep("node.key", as: "\(place)/node.key")
        #expect(try await get(front).status == 200)
        withExtendedLifetime(backend) {}
    }

    @Test func `what is for another port is for another server`() async throws {
        let (front, backend) = try await server()
        try keep("ca.pem", as: "localhost:1/ours.crt")
        #expect(try await #require(throws: Failure.self) { try await get(front) }.code == .untrusted)
        withExtendedLifetime(backend) {}
    }

    @Test func `without the certificate that it wants, the server lets nobody in`() async throws {
        let (front, backend) = try await server()
        try keep("ca.pem", as: "localhost:\(front.port)/ours.crt")
        await #expect(throws: Failure.self) { try await get(front) }
        withExtendedLifetime(backend) {}
    }

    @Test func `half a pair, or a pair that is none, is refused by name`() async throws {
        let (front, backend) = try await server()
        let place = "localhost:\(front.port)"
        try keep("ca.pem", as: "\(place)/ours.crt")
        try keep("node.pem", as: "\(place)/node.cert")
        let half = try await #require(throws: Failure.self) { try await get(front) }
        #expect(half.code == .invalid && half.reason.contains("node.cert is without node.key"), "\(half)")
        try keep("localhost.key", as: "\(place)/node.key")
        let mixed = try await #require(throws: Failure.self) { try await get(front) }
        #expect(mixed.code == .invalid && mixed.subject.hasSuffix("node.cert") && mixed.advice.contains("belong together"), "\(mixed)")
        withExtendedLifetime(backend) {}
    }
}
