import TabardSystem
import TabardTestSupport
import Testing

/// A registry that lets in only whoever shows a certificate, and what an operator keeps for it in a certs.d folder.
@Suite struct CertificatePullTests {
    private let world: World
    private let front: RunningService

    init() throws {
        world = try World()
        front = try RunningService(
            "tls_front.py", [world.folder.path("front"), "--backend", "\(world.registry.port)", "--client", "node"],
            in: world.folder)
    }

    private var place: String { "certs.d/localhost:\(front.port)" }

    private func keep(_ name: String, as other: String) throws {
        world.folder.write("\(place)/\(other)", try FileSystem.contents(of: world.folder.path("front/\(name)"), limit: 1 << 20))
    }

    private func pull(_ arguments: [String] = []) throws -> ToolResult {
        try world.run(
            "tabard",
            [
                "pull", "localhost:\(front.port)/team/app:1", "--dest", world.folder.path("layout"), "--quiet", "--username", "operator",
                "--password-stdin",
            ] + arguments, input: World.operatorPassword)
    }

    @Test func `the authority and the client's certificate come from the server's folder`() throws {
        let places = ["--cert-dir", world.folder.path("certs.d")]
        world.folder.write("certs.d/localhost/ca.crt", "of another port")
        expectFailure(try pull(places), status: 4, saying: ["not trusted", "--ca"], hiding: try world.secrets())
        try keep("ca.pem", as: "ca.crt")
        let nameless = try pull(places)
        #expect(nameless.status == 4, "\(nameless)")
        try keep("node.key", as: "node.key")
        // A mistake in the folder is told, and does not end in a conversation without TLS.
        expectFailure(try pull(places), status: 2, saying: ["node.key is without node.cert"], hiding: try world.secrets())
        try keep("node.pem", as: "node.cert")
        let result = try pull(places)
        #expect(result.status == 0 && result.output == "localhost:\(front.port)/team/app:1@\(world.digest)\n", "\(result)")
    }
}
