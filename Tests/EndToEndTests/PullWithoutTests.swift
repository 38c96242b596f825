import TabardTestSupport
import Testing

/// Pulls and questions that have to do without something: a cloud, a second registry's trust, a standard stream.
@Suite struct PullWithoutTests {
    @Test(arguments: ["IfNotPresent", "Never"])
    func `an image that is here needs no cloud`(_ policy: String) throws {
        let world = try World()
        #expect(try world.pull().status == 0)
        world.configure(#""metadataHost": "127.0.0.1:9""#)
        let result = try world.pull(["--policy", policy])
        #expect(result.status == 0 && result.output == "\(world.image)@\(world.digest)\n", "\(result)")
    }

    @Test func `a password goes to one registry`() throws {
        let world = try World()
        let result = try world.run(
            "tabard",
            [
                "pull", world.image, "localhost:9/team/app:1", "--username", "operator", "--password-stdin", "--dest",
                world.folder.path("layout"),
            ], input: World.operatorPassword)
        expectFailure(result, status: 2, saying: ["one registry", world.host, "localhost:9"], hiding: try world.secrets())
        #expect(try world.requests(to: "registry").isEmpty)
    }

    @Test func `a closed standard error spoils no answer`() throws {
        let world = try World()
        let question = """
            {"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"\(world.image)"}
            """
        let result = try Tool.run(
            "sh", ["-c", #"exec "$@" 2>&-"#, "sh", StagedTools.path("provider-exec"), "-v", "6"], input: question.utf8,
            environment: world.environment)
        #expect(result.status == 0 && result.output.contains(#""username":"oauth2accesstoken""#), "\(result)")
    }

    @Test func `the policy Never makes nothing`() throws {
        let world = try World()
        expectFailure(try world.pull(["--policy", "Never"]), status: 1, saying: ["layout"], hiding: try world.secrets())
        #expect(try Tool.run("test", ["-e", world.folder.path("layout")]).status == 1)
        #expect(try world.requests(to: "cloud").isEmpty && world.requests(to: "registry").isEmpty)
    }

    @Test(arguments: ["--pull-secret", "--docker-config", "--authfile"])
    func `a named file that is not there is a wrong command line`(option: String) throws {
        let world = try World()
        let missing = world.folder.path("missing.json")
        expectFailure(try world.pull([option, missing]), status: 2, saying: ["missing.json", "no such file"], hiding: try world.secrets())
        let explained = try world.run("tabard", ["explain", world.image, option, missing])
        expectFailure(explained, status: 2, saying: ["missing.json", "no such file"], hiding: try world.secrets())
    }

    @Test(arguments: ["pull", "explain"]) func `a password that never ends does not hold it up for ever`(command: String) throws {
        let world = try World()
        // A pipe whose other end stays open in the shell itself.
        let script = #"mkfifo "$0"; exec 3<>"$0"; "$@" <&3 3<&-"#
        let result = try Tool.run(
            "sh",
            [
                "-c", script, world.folder.path("pipe"), StagedTools.path("tabard"), command, world.image, "--username", "operator",
                "--password-stdin", "--timeout", "300ms",
            ], environment: world.environment)
        #expect(result.status == 4, "\(result)")
        #expect(result.errors.contains("the password") && result.errors.contains("deadline"), "\(result)")
    }
}
