import TabardJSON
import TabardTestSupport
import Testing

/// Pulls with logins from docker config files, and with files that are none.
@Suite struct DockerConfigTests {
    /// `operator:operators/own+password`
    static let login = "b3BlcmF0b3I6b3BlcmF0b3JzL293bitwYXNzd29yZA=="

    private func config(_ world: World, _ auth: String) -> String { #"{"auths": {"\#(world.host)": {"auth": "\#(auth)"}}}"# }

    @Test func `a login of docker opens the registry`() throws {
        let world = try World()
        world.folder.write("config.json", "{}")
        world.folder.write("docker/config.json", config(world, Self.login))
        let result = try world.pull(["--json"])
        #expect(result.status == 0 && result.output.contains("docker-config"), "\(result)")
        expectNoSecret(result, try world.secrets() + [Self.login])
        #expect(try world.requests(to: "cloud").isEmpty)
    }

    @Test(arguments: [false, true]) func `a login that works is not held up by a cloud that never answers`(onCommandLine: Bool) throws {
        let world = try World()
        try world.cloud.setFaults(#"{"do": "hang"}"#)
        if !onCommandLine { world.folder.write("docker/config.json", config(world, Self.login)) }
        let result = try world.run(
            "tabard",
            ["pull", world.image, "--dest", world.folder.path("layout"), "--progress", "none"]
                + (onCommandLine ? ["--username", "operator", "--password-stdin"] : []),
            input: onCommandLine ? World.operatorPassword : "", within: .seconds(20))
        #expect(result.status == 0, "\(result)")
        #expect(try world.requests(to: "cloud").isEmpty)
        expectNoSecret(result, try world.secrets() + [Self.login])
    }

    @Test func `a login that the registry refuses does not hide the provider's`() throws {
        let world = try World()
        world.folder.write("docker/config.json", config(world, "b3BlcmF0b3I6YW4tb2xkLXBhc3N3b3Jk"))
        let result = try world.pull(["--json"])
        #expect(result.status == 0 && result.output.contains(world.kind.provider), "\(result)")
        expectNoSecret(result, try world.secrets() + ["an-old-password"])
    }

    @Test(arguments: [
        (#"{"auths": {"#, ":1:"), ("", "empty"), (#"{"auths": []}"#, "auths"),
    ])
    func `a named file that is none is a wrong command line`(text: String, word: String) throws {
        let world = try World()
        let file = world.folder.write("named.json", text)
        expectFailure(try world.pull(["--docker-config", file]), status: 2, saying: ["named.json", word], hiding: try world.secrets())
        #expect(try world.layoutFiles().isEmpty)
    }

    @Test func `a named file that is not there is a wrong command line, one that cannot be read a failure here`() throws {
        let world = try World()
        let missing = world.folder.path("missing.json")
        expectFailure(try world.pull(["--docker-config", missing]), status: 2, saying: ["missing.json"], hiding: try world.secrets())
        world.folder.write("docker/config.json/.keep", "")
        let result = try world.pull(["--docker-config", world.folder.path("docker")])
        expectFailure(result, status: 1, saying: ["docker/config.json"], hiding: try world.secrets())
    }

    @Test(arguments: [#"{"auths": {"#, #"{"auths": {"HOST": {"auth": "%%%not-base64-but-secret%%%"}}}"#])
    func `a file in the usual place that is none spoils only itself, and is named`(text: String) throws {
        let world = try World()
        world.folder.write("docker/config.json", text.split(separator: "HOST").joined(separator: world.host))
        let result = try world.pull()
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.contains("docker/config.json"), "\(result)")
        expectNoSecret(result, try world.secrets() + ["not-base64-but-secret"])
    }

    @Test func `a password from standard input opens the registry`() throws {
        let world = try World()
        world.folder.write("config.json", "{}")
        let arguments = [
            "pull", world.image, "--dest", world.folder.path("layout"), "--username", "operator", "--password-stdin", "--progress", "none",
        ]
        let bad = try world.run("tabard", arguments, input: "a-wrong-password")
        expectFailure(bad, status: 3, saying: [world.host, "--username"], hiding: try world.secrets() + ["a-wrong-password"])
        let good = try world.run("tabard", arguments, input: "\(World.operatorPassword)\n")
        #expect(good.status == 0, "\(good)")
        expectNoSecret(good, try world.secrets())
    }
}
