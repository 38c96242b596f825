import TabardJSON
import TabardTestSupport
import Testing

/// `tabard explain`: the whole story, without a secret, and without the network unless asked.
@Suite struct ExplainTests {
    private func story(_ world: World, _ arguments: [String] = []) throws -> JSONNode {
        let result = try world.run("tabard", ["explain", world.image, "--json"] + arguments)
        #expect(result.status == 0, "\(result)")
        expectNoSecret(result, try world.secrets() + [DockerConfigTests.login])
        return try JSONDocument(parsing: Array(result.output.utf8)).root
    }

    @Test func `without --probe nobody is asked`() throws {
        let world = try World()
        world.folder.write("docker/config.json", #"{"auths": {"\#(world.host)": {"auth": "\#(DockerConfigTests.login)"}}}"#)
        let story = try story(world)
        #expect(story["image"]?.string == world.image)
        #expect(story["reference"]?["registry"]?.string == world.host && story["reference"]?["repository"]?.string == "team/app")
        let candidate = try #require(story["candidates"]?.elements.first)
        #expect(candidate["username"]?.string == "operator" && candidate["source"]?.string == "docker-config")
        #expect(candidate["expires"]?.isNull == true)
        #expect(story["sources"]?.elements.contains { $0["origin"]?.string?.contains(world.kind.provider) == true } == true)
        #expect(try world.requests(to: "cloud").isEmpty && world.requests(to: "registry").isEmpty)
    }

    @Test func `with --probe each candidate is tried`() throws {
        let world = try World()
        world.folder.write("docker/config.json", #"{"auths": {"\#(world.host)": {"auth": "b3BlcmF0b3I6YW4tb2xkLXBhc3N3b3Jk"}}}"#)
        let candidates = try #require(try story(world, ["--probe"])["candidates"]?.elements)
        #expect(candidates.count == 2)
        #expect(candidates.first?["probe"]?.string?.hasPrefix("denied") == true)
        #expect(candidates.last?["probe"]?.string?.contains(world.digest) == true)
        #expect(candidates.last?["expires"]?.string?.hasSuffix("Z") == true)
    }

    @Test func `a pattern that nearly matches is told`() throws {
        let world = try World()
        let port = world.registry.port == 5000 ? 5001 : 5000
        world.folder.write("config.json", #"{"providers": {"google-container-registry": {"matchImages": ["127.0.0.1:\#(port)"]}}}"#)
        let result = try world.run("tabard", ["explain", world.image])
        #expect(result.status == 0 && result.output.contains("127.0.0.1:\(port)") && result.output.contains("port"), "\(result)")
    }

    @Test func `a file that cannot be read is shown with its place, and the next one counts`() throws {
        let world = try World()
        world.folder.write("docker/config.json", "{\"auths\": {\n  \"\(world.host)\": {\"auth\": oops}}}")
        world.folder.write("docker/.dockercfg", #"{"\#(world.host)": {"auth": "\#(DockerConfigTests.login)"}}"#)
        let result = try world.run("tabard", ["explain", world.image])
        #expect(result.status == 0 && result.output.contains("docker/config.json: passed over:"), "\(result)")
        #expect(result.output.contains("config.json:2:"), "\(result)")
        #expect(result.output.contains(".dockercfg: read, and it is the one that counts: 1 login"), "\(result)")
    }

    @Test func `the story has its parts in reading order, and a probe says what a pull would do`() throws {
        let world = try World()
        world.folder.write(
            "docker/config.json",
            #"{"auths": {"\#(world.host)/team": {"auth": "b3BlcmF0b3I6YW4tb2xkLXBhc3N3b3Jk"}, "\#(world.host)/team/*": {"auth": "YTpi"}}}"#)
        let result = try world.run("tabard", ["explain", world.image, "--probe"])
        #expect(result.status == 0)
        let parts = [
            world.image, "registry \(world.host)", "Docker config files", "2 logins", "Sources", "docker-config", "plugin", "nearly match",
            "no wildcard in a path", "Credentials", "1. user \"operator\"", "denied", "2. user", "kept", "accepted: \(world.digest)",
            "a pull would use no. 2", "Worth a look", "plain prefix",
        ]
        var rest = result.output[...]
        for part in parts {
            guard let range = rest.firstRange(of: part) else {
                Issue.record("\(part) is not where it should be in\n\(result.output)")
                return
            }
            rest = rest[range.upperBound...]
        }
    }

    @Test func `with --probe a cloud that never answers does not keep a good login from being tried`() throws {
        let world = try World()
        try world.cloud.setFaults(#"{"do": "hang"}"#)
        world.folder.write("docker/config.json", #"{"auths": {"\#(world.host)": {"auth": "\#(DockerConfigTests.login)"}}}"#)
        let story = try story(world, ["--probe", "--timeout", "4s"])
        #expect(story["candidates"]?.elements.first?["probe"]?.string?.contains(world.digest) == true)
        let provider = story["sources"]?.elements.first { $0["origin"]?.string?.contains(world.kind.provider) == true }
        #expect(provider?["outcome"]?.string == "failed")
    }
}
