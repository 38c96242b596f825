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
}
