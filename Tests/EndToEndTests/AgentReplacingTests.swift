import Glibc
import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// An agent whose program or plugins are replaced while it is asked.
@Suite struct AgentReplacingTests {
    /// An installation of its own, in which files can be replaced.
    private struct Installation {
        let world: World
        var program: String { world.folder.path("install/bin/tabard") }
        var plugins: String { world.folder.path("install/lib/tabard/v1") }
        var options: [String] { ["--plugin-dir", plugins] }
        // Below /tmp.
        let environment = ["TABARD_PLUGIN_RELAXED": "1"]

        init(_ world: World) throws {
            self.world = world
            let source = StagedTools.folder
            let copied = try Tool.run(
                "sh",
                [
                    "-c", "mkdir -p $1/bin $1/lib && cp $0/bin/tabard $0/bin/provider-exec $1/bin && cp -r $0/lib/tabard $1/lib", source,
                    world.folder.path("install"),
                ])
            #expect(copied.status == 0, "\(copied)")
        }

        /// Puts a file of the same content, or another one, in its place, as package managers do.
        func replace(_ path: String, with source: String? = nil) throws {
            #expect(try Tool.run("sh", ["-c", "cp $1 $0.new && mv $0.new $0", path, source ?? path]).status == 0)
        }

        func agent() throws -> RunningAgent { try RunningAgent(world, options, environment: environment, program: program) }

        func ask(_ agent: RunningAgent, _ more: [String] = [], image: String? = nil) throws -> ToolResult {
            try world.ask(["--agent", agent.socket, "-v", "2"] + options + more, image: image, environment: environment)
        }
    }

    private func fetches(_ world: World) throws -> Int {
        try world.requests(to: "cloud").filter { $0["target"]?.string?.contains("/token") == true }.count
    }

    private func expectAnswer(_ result: ToolResult, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(result.status == 0 && !result.errors.contains("in this process"), "\(result)", sourceLocation: sourceLocation)
    }

    @Test func `a new program has what was held and answers who was waiting`() throws {
        let world = try World()
        let second = "127.0.0.2:\(world.registry.port)"
        world.folder.write(
            "config.json",
            """
            {"providers": {"google-container-registry": {"matchImages": ["\(world.host)", "\(second)"], "metadataHost": "\(world.cloud.host)"}}}
            """)
        let installation = try Installation(world)
        let agent = try installation.agent()
        expectAnswer(try installation.ask(agent))
        let before = try fetches(world)
        try world.cloud.setFaults(#"{"path": "/token", "count": 1, "do": "hang"}"#)
        let waiting = try Background { try installation.ask(agent, image: "\(second)/team/app") }
        try agent.wait(for: "Refreshing cache for provider", times: 2)
        try installation.replace(installation.program)
        try agent.wait(for: "Took over 1 entries and 1 open questions")
        expectAnswer(try waiting.value())
        expectAnswer(try installation.ask(agent))
        // The one that hung, and the one that was asked instead.
        #expect(try fetches(world) == before + 2)
        #expect(try agent.status()["process"]?.int64 == Int64(agent.process))
        agent.signal(SIGTERM)
        #expect(try agent.waitForEnd() == .exited(0))
        #expect(throws: SystemError.self) { try FileStatus(of: agent.socket, followingLinks: false) }
        #expect(SecretScan(try world.secrets()).findings(in: agent.log).isEmpty)
    }

    @Test func `under load a new program and a new plugin lose no question and ask nothing again`() throws {
        let world = try World()
        let installation = try Installation(world)
        let agent = try installation.agent()
        expectAnswer(try installation.ask(agent))
        let before = try fetches(world)
        let isOver = Cancellation()
        let clients = try (0..<4).map { _ in
            try Background {
                var results: [ToolResult] = []
                while !isOver.isCancelled { results.append(try installation.ask(agent)) }
                return results
            }
        }
        for round in 1...3 {
            try installation.replace(round == 2 ? "\(installation.plugins)/libtabard-gce.so" : installation.program)
            try agent.wait(for: "Took over", times: round)
        }
        isOver.cancel()
        let results = try clients.flatMap { try $0.value() }
        #expect(results.count > 10)
        for result in results { expectAnswer(result) }
        #expect(try fetches(world) == before)
    }

    @Test func `a program that does not start leaves the old one at work`() throws {
        let world = try World()
        let installation = try Installation(world)
        let agent = try installation.agent()
        try installation.replace(installation.program, with: "/bin/false")
        try agent.wait(for: "does not start")
        expectAnswer(try installation.ask(agent))
        try installation.replace(installation.program, with: StagedTools.path("tabard"))
        try agent.wait(for: "Took over 1 entries")
        expectAnswer(try installation.ask(agent))
    }
}
