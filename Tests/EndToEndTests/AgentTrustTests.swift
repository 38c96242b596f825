import Glibc
import TabardSystem
import TabardTestSupport
import Testing

/// Who may ask an agent, and whom clients ask.
@Suite struct AgentTrustTests {
    /// Something at a socket that takes what arrives, and says only these bytes.
    private final class Impostor: Sendable {
        let path: String
        private let stopping = Cancellation()
        private let received = Guarded<[UInt8]>([])
        private let thread: WorkerThread

        init(at path: String, saying answer: [UInt8] = []) throws {
            self.path = path
            let listener = try SocketListener.listen(at: path, mode: 0o600)
            let (stopping, received) = (stopping, received)
            thread = try WorkerThread {
                while let connection = try? listener.accept(unless: stopping) {
                    let limit = SystemClocks().monotonicNanoseconds + 60_000_000_000
                    var isFirst = true
                    while (try? connection.receive(until: limit, { bytes in received.withLock { $0 += bytes } })) == true {
                        if isFirst { _ = answer.withUnsafeBytes { try? connection.writeAll($0, until: limit) } }
                        isFirst = false
                    }
                }
            }
        }

        deinit {
            stopping.cancel()
            thread.join()
        }

        var bytes: [UInt8] { received.withLock { $0 } }
    }

    @Test(arguments: [("gave no sign", ""), ("version 2", "TB\u{2}R\0\0\0\0"), ("does not speak", "220 mail.example.com ESMTP\r\n")])
    func `whoever is no agent costs a moment and no answer`(words: String, answer: String) throws {
        let world = try World()
        let impostor = try Impostor(at: world.folder.path("agent.sock"), saying: Array(answer.utf8))
        let result = try world.ask(["--agent", impostor.path])
        #expect(result.status == 0 && result.errors.contains(words), "\(result)")
        #expect(!impostor.bytes.isEmpty)
        let helper = try world.run("docker-credential-tabard", ["--agent", impostor.path, "get"], input: world.host)
        #expect(helper.status == 0, "\(helper)")
    }

    @Test func `a socket in a folder that others can write to is sent nothing`() throws {
        let world = try World()
        let impostor = try Impostor(at: world.folder.path("agent.sock"))
        chmod(world.folder.path, 0o777)
        let result = try world.ask(["--agent", impostor.path])
        #expect(result.status == 0 && result.errors.contains("its folder"), "\(result)")
        #expect(impostor.bytes.isEmpty)
        expectFailure(
            try world.run("tabard", ["agent", "--socket", world.folder.path("other.sock")]), status: 1, saying: ["folder"], hiding: [])
    }

    /// The staged tree where every user can look, as the checkout may not lie; the environment that trusts it.
    private func install(_ world: World) throws -> (folder: String, environment: [String: String]) {
        let copy = world.folder.path("installed")
        try #require(Tool.run("mkdir", [copy]).status == 0)
        try #require(Tool.run("cp", ["-a", "\(StagedTools.folder)/bin", "\(StagedTools.folder)/lib", copy]).status == 0)
        return (copy, world.environment.merging(["TABARD_PLUGIN_RELAXED": "1"]) { $1 })
    }

    /// `program` as another user, with a group beside its own.
    private func run(
        _ installed: (folder: String, environment: [String: String]), _ program: String, _ arguments: [String], input: String = "",
        groups: String
    ) throws -> ToolResult {
        try Tool.run(
            "setpriv", ["--reuid", "12345", "--regid", "12345", "--groups", groups, "\(installed.folder)/bin/\(program)"] + arguments,
            input: input.utf8, environment: installed.environment)
    }

    @Test(.enabled(if: FileSystem.effectiveUser == 0, "another user can be had by root only"))
    func `other users may ask only as members of the group, and never see the state`() throws {
        let world = try World()
        chmod(world.folder.path, 0o755)
        world.folder.write("config.json", try FileSystem.contents(of: world.folder.path("config.json"), limit: 1 << 20), mode: 0o644)
        let installed = try install(world)
        let agent = try RunningAgent(
            world, ["--group", "23456"], environment: installed.environment, program: "\(installed.folder)/bin/tabard")
        let socket = try FileStatus(of: agent.socket)
        #expect(socket.mode == 0o660 && socket.group == 23456)
        let member = try run(installed, "docker-credential-tabard", ["--agent", agent.socket, "get"], input: world.host, groups: "23456")
        #expect(member.status == 0, "\(member)")
        let fetches = try world.requests(to: "cloud").count
        let stranger = try run(installed, "docker-credential-tabard", ["--agent", agent.socket, "get"], input: world.host, groups: "34567")
        #expect(stranger.status == 0 && stranger.errors.contains("Permission denied"), "\(stranger)")
        #expect(try world.requests(to: "cloud").count > fetches)
        expectFailure(
            try run(installed, "tabard", ["agent", "status", "--socket", agent.socket], groups: "23456"), status: 3, saying: ["only root"],
            hiding: try world.secrets())
    }

    @Test(.enabled(if: FileSystem.effectiveUser == 0, "another user can be had by root only"))
    func `an agent of another user is not asked by root`() throws {
        let world = try World()
        let agent = try RunningAgent(world)
        #expect(chown(agent.socket, 12345, 12345) == 0)
        let result = try world.ask(["--agent", agent.socket])
        #expect(result.status == 0 && result.errors.contains("belongs to user 12345"), "\(result)")
    }
}
