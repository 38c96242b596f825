import Glibc
import TabardCore
import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// `tabard agent` with real clients and fake clouds.
@Suite struct AgentTests {
    private func fetches(_ world: World) throws -> Int {
        try world.requests(to: "cloud").filter { $0["target"]?.string?.contains("/token") == true }.count
    }

    /// How many questions ended so.
    private func questions(_ agent: RunningAgent, _ outcome: String) throws -> Int64 {
        try agent.status()["questions"]?[outcome]?.int64 ?? 0
    }

    @Test(arguments: World.Cloud.allCases) func `the first answer serves every door, and the cloud is asked once`(cloud: World.Cloud) throws
    {
        let world = try World(cloud)
        let agent = try RunningAgent(world)
        let alone = try world.ask(["--no-agent"])
        let first = try world.ask(["--agent", agent.socket])
        let asked = try world.requests(to: "cloud").count
        let second = try world.ask(["--agent", agent.socket])
        #expect(first.status == 0 && second.status == 0, "\(first)\(second)")
        func shape(_ result: ToolResult) -> String { result.output.replacing(/"(password|cacheDuration)":"[^"]*"/, with: "") }
        #expect(shape(first) == shape(alone) && shape(second) == shape(alone))
        let helper = try world.run("docker-credential-tabard", ["--agent", agent.socket, "get"], input: world.host)
        #expect(helper.status == 0, "\(helper)")
        let secret = try JSONDocument(parsing: Array(helper.output.utf8)).root.requireString("Secret")
        #expect(second.output.contains(secret))
        let pulled = try world.pull(["--agent", agent.socket])
        #expect(pulled.status == 0 && pulled.output.hasSuffix("@\(world.digest)\n"), "\(pulled)")
        #expect(try world.requests(to: "cloud").count == asked)
        #expect(try questions(agent, "answered") == 4)
    }

    /// A kubelet cannot be told that a login was refused or replaced: what the agent knows by then reaches it within five minutes.
    @Test func `a kubelet keeps what the agent gave for five minutes, and what it got alone for as long as that lasts`() throws {
        let world = try World()
        let agent = try RunningAgent(world)
        func keeps(_ result: ToolResult) throws -> Int64 {
            let text = try JSONDocument(parsing: Array(result.output.utf8)).root.requireString("cacheDuration")
            return try GoDuration.parse(text).components.seconds
        }
        #expect(try keeps(try world.ask(["--no-agent"])) > 1200)
        #expect(try keeps(try world.ask(["--agent", agent.socket])) == 300)
        #expect(try agent.status()["entries"]?.elements.first?["expiresInSeconds"]?.int64 ?? 0 > 1200)
    }

    @Test func `forty questions at once are one question to the cloud`() throws {
        let world = try World()
        try world.cloud.setFaults(#"{"do": "delay", "seconds": 1}"#)
        let agent = try RunningAgent(world)
        let results = try (0..<40).map { number in
            try Background { try world.ask(["--agent", agent.socket], image: "\(world.host)/team/app\(number)") }
        }
        for result in results { #expect(try result.value().status == 0) }
        #expect(try fetches(world) == 1)
    }

    @Test func `the state shows what is held and no secret`() throws {
        let world = try World()
        let agent = try RunningAgent(world)
        #expect(try world.ask(["--agent", agent.socket]).status == 0)
        let state = try agent.status()
        let entry = try #require(state["entries"]?.elements.first)
        #expect(entry["provider"]?.string == world.kind.provider && entry["name"]?.string == world.host)
        #expect(entry["state"]?.string == "fresh" && entry["identity"]?.string == "node")
        #expect((entry["expiresInSeconds"]?.int64 ?? 0) > 60)
        // `run` looks for secrets in whatever tabard prints.
        let table = try world.run("tabard", ["agent", "status", "--socket", agent.socket])
        #expect(table.status == 0 && table.output.contains(world.host) && table.output.contains("fresh"), "\(table)")
        #expect(SecretScan(try world.secrets()).findings(in: agent.log).isEmpty)
        let absent = try world.run("tabard", ["agent", "status", "--socket", world.folder.path("nobody.sock")])
        expectFailure(absent, status: 4, saying: ["nobody.sock", "start it"], hiding: [])
    }

    @Test func `a cloud that says no is a refusal, and the client does not ask again`() throws {
        let world = try World(.amazon, user: "stranger")
        let agent = try RunningAgent(world)
        let result = try world.ask(["--agent", agent.socket])
        expectFailure(result, status: 3, saying: ["not authorized to perform", world.kind.provider], hiding: try world.secrets())
        let asked = try world.requests(to: "cloud").count
        #expect(try world.ask(["--agent", agent.socket]).status == 3)
        #expect(try world.requests(to: "cloud").count == asked)
    }

    @Test func `a cloud that is slow is waited for as long as the agent shows that it is at work`() throws {
        let world = try World()
        try world.cloud.setFaults(#"{"path": "/token", "count": 1, "do": "delay", "seconds": 4}"#)
        let agent = try RunningAgent(world)
        let result = try world.ask(["--agent", agent.socket, "-v", "2"])
        #expect(result.status == 0 && !result.errors.contains("in this process"), "\(result)")
        #expect(try fetches(world) == 1)
    }

    @Test func `a cloud that never answers costs the client's time and no more`() throws {
        let world = try World()
        try world.cloud.setFaults(#"{"do": "hang"}"#)
        let agent = try RunningAgent(world)
        let result = try world.ask(["--agent", agent.socket, "--timeout", "3s"])
        expectFailure(result, status: 4, saying: [], hiding: try world.secrets())
        #expect(!result.errors.contains("in this process"), "\(result)")
    }

    @Test(arguments: [
        (["--set", "google-container-registry.scopes=a"], [:]), ([], ["GOOGLE_CLOUD_PROJECT": "other"]),
        ([], ["HTTPS_PROXY": "http://127.0.0.1:9"]),
    ])
    func `who would get other credentials gets no answer from the agent`(arguments: [String], variables: [String: String]) throws {
        let world = try World()
        let agent = try RunningAgent(world)
        let result = try world.ask(["--agent", agent.socket, "-v", "2"] + arguments, environment: variables)
        #expect(result.errors.contains("settings or environment differ"), "\(result)")
        #expect(try questions(agent, "not-mine") == 1)
        #expect(try questions(agent, "answered") == 0)
    }

    @Test func `a program that a host has started asks no agent`() throws {
        let world = try World()
        let agent = try RunningAgent(world)
        #expect(try world.ask(["--agent", agent.socket], environment: ["TABARD_DEPTH": "1"]).status == 0)
        #expect(try agent.status()["questions"]?["total"]?.int64 == 0)
    }

    @Test func `settings that are broken leave those of before in force, and are told`() throws {
        let world = try World()
        let agent = try RunningAgent(world)
        #expect(try world.ask(["--agent", agent.socket]).status == 0)
        let good = try FileSystem.contents(of: world.folder.path("config.json"), limit: 1 << 20)
        world.folder.write("config.json", "{")
        try agent.wait(for: "stays in force")
        #expect(try world.ask(["--agent", agent.socket]).status == 0)
        #expect(try agent.status()["reloads"]?["lastFailure"]?.string?.contains("config.json") == true)
        // The same again, and settings that mean the same: what is held stays.
        world.folder.write("config.json", good)
        try agent.wait(for: "was read again")
        #expect(try world.ask(["--agent", agent.socket]).status == 0)
        #expect(try fetches(world) == 1)
        #expect(try agent.status()["reloads"]?["lastFailure"]?.isNull == true)
    }

    @Test func `settings that a provider is told ask the cloud anew, and SIGHUP reads them at once`() throws {
        let world = try World()
        let other = try World()
        let agent = try RunningAgent(world)
        #expect(try world.ask(["--agent", agent.socket]).status == 0)
        world.configure(#""metadataHost": "\#(other.cloud.host)""#)
        agent.signal(SIGHUP)
        try agent.wait(for: "was read again")
        let answer = try world.ask(["--agent", agent.socket])
        let password = try #require(try other.issued().first)
        #expect(answer.status == 0 && answer.output.contains(password))
    }

    @Test func `at its end the agent answers who has asked, and takes its socket away`() throws {
        let world = try World()
        try world.cloud.setFaults(#"{"path": "/token", "count": 1, "do": "delay", "seconds": 2}"#)
        let agent = try RunningAgent(world)
        let answer = try Background { try world.ask(["--agent", agent.socket, "-v", "2"]) }
        try agent.wait(for: "Refreshing cache for provider")
        agent.signal(SIGTERM)
        let result = try answer.value()
        #expect(result.status == 0 && !result.errors.contains("in this process"), "\(result)")
        #expect(try agent.waitForEnd() == .exited(0))
        #expect(throws: SystemError.self) { try FileStatus(of: agent.socket, followingLinks: false) }
        #expect(try world.ask(["--agent", agent.socket]).status == 0)
    }

    @Test func `a socket that somebody removed is made anew, and what is at its place is no agent's to take`() throws {
        let world = try World()
        let agent = try RunningAgent(world)
        unlink(agent.socket)
        try agent.wait(for: "was made anew")
        let result = try world.ask(["--agent", agent.socket, "-v", "2"])
        #expect(result.status == 0 && !result.errors.contains("in this process"), "\(result)")
        #expect(try questions(agent, "answered") == 1)
        // Another takes its place: the first one says so, and leaves the other's socket when it ends.
        unlink(agent.socket)
        let other = try SocketListener.listen(at: agent.socket, mode: 0o600)
        try agent.wait(for: "cannot find this agent")
        agent.signal(SIGTERM)
        #expect(try agent.waitForEnd() == .exited(0))
        #expect(other.isInPlace == true)
        world.folder.write("plain", "a file")
        let refused = try world.run("tabard", ["agent", "--socket", world.folder.path("plain")])
        expectFailure(refused, status: 1, saying: ["plain", "remove what is there"], hiding: [])
        #expect(try FileSystem.contents(of: world.folder.path("plain"), limit: 100) == Array("a file".utf8))
    }

    @Test func `two agents do not share a socket, and one that was killed leaves none in the way`() throws {
        let world = try World()
        let agent = try RunningAgent(world)
        expectFailure(try world.run("tabard", ["agent", "--socket", agent.socket]), status: 1, saying: ["other agent"], hiding: [])
        agent.signal(SIGKILL)
        _ = try agent.waitForEnd()
        let again = try world.ask(["--agent", agent.socket])
        #expect(again.status == 0 && again.errors.contains("Connection refused"), "\(again)")
        let next = try RunningAgent(world)
        #expect(try world.ask(["--agent", next.socket]).status == 0)
        #expect(try questions(next, "answered") == 1)
    }
}
