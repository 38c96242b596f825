import TabardJSON
import TabardTestSupport
import Testing

/// `docker-credential-tabard`, as docker, skopeo and podman call it.
@Suite struct CredentialHelperTests {
    @Test(arguments: World.Cloud.allCases)
    func `a login is made for a registry that a provider serves`(cloud: World.Cloud) throws {
        let world = try World(cloud)
        let result = try world.run("docker-credential-tabard", ["get"], input: world.host)
        #expect(result.status == 0, "\(result)")
        let answer = try JSONDocument(parsing: Array(result.output.utf8)).root
        #expect(answer["ServerURL"]?.string == world.host && answer["Username"]?.string == cloud.username)
        #expect(try world.issued() == [try #require(answer["Secret"]?.string)])
    }

    @Test func `an unknown server is not found, in the words that clients look for`() throws {
        let world = try World()
        let result = try world.run("docker-credential-tabard", ["get"], input: "registry.example.com\n")
        #expect(result.status == 1 && result.output == "credentials not found in native keychain\n", "\(result)")
        #expect(try world.requests(to: "cloud").isEmpty)
    }

    @Test func `a refusal is not "not found", and says why where clients look`() throws {
        let world = try World(.amazon, user: "stranger")
        let result = try world.run("docker-credential-tabard", ["get"], input: world.host)
        #expect(result.status == 1 && result.output.contains("not authorized to perform"), "\(result)")
        expectNoSecret(result, try world.secrets())
    }

    @Test(arguments: ["store", "erase"])
    func `there is nothing to store`(action: String) throws {
        let world = try World()
        let login = #"{"ServerURL":"\#(world.host)","Username":"somebody","Secret":"somebodys-password"}"#
        let result = try world.run("docker-credential-tabard", [action], input: login)
        #expect(result.status == 1 && !result.output.isEmpty, "\(result)")
        expectNoSecret(result, ["somebodys-password"])
    }

    @Test func `skopeo pulls through it`() throws {
        let world = try World()
        world.folder.write("docker/config.json", #"{"credHelpers": {"\#(world.host)": "tabard"}}"#)
        let path = "\(StagedTools.folder)/bin:\(Tool.environment["PATH"] ?? "")"
        let result = try Tool.run(
            "skopeo", ["inspect", "--raw", "--tls-verify=false", "docker://\(world.image)"],
            environment: world.environment.merging(["PATH": path]) { $1 })
        #expect(result.status == 0 && result.output.contains("schemaVersion"), "\(result)")
    }

    @Test func `podman pulls through it`() throws {
        let world = try World()
        world.folder.write("auth.json", #"{"credHelpers": {"\#(world.host)": "tabard"}}"#)
        let login = try world.podman(["login", "--get-login", world.host])
        #expect(login.status == 0 && login.output.hasPrefix(world.kind.username), "\(login)")
        let pulled = try world.podman(["pull", "-q", "--tls-verify=false", world.image])
        #expect(pulled.status == 0, "\(pulled)")
        expectNoSecret(pulled, try world.secrets())
        let listed = try world.podman(["image", "ls", "-q"])
        #expect(listed.status == 0 && pulled.output.hasPrefix(listed.output.prefix(12)), "\(listed)")
    }

    @Test func `podman tells a refusal of the cloud instead of going on as nobody`() throws {
        let world = try World(.amazon, user: "stranger")
        world.folder.write("auth.json", #"{"credHelpers": {"\#(world.host)": "tabard"}}"#)
        let pulled = try world.podman(["pull", "-q", "--tls-verify=false", world.image])
        #expect(pulled.status != 0 && (pulled.output + pulled.errors).contains("not authorized to perform"), "\(pulled)")
        #expect(try world.requests(to: "registry").allSatisfy { $0["target"]?.string?.contains("/manifests/") != true })
        expectNoSecret(pulled, try world.secrets())
    }

    @Test func `tabard reads podman's file, keys of repositories too, and is its own helper there`() throws {
        let world = try World()
        world.folder.write(
            "auth.json",
            #"{"auths": {"\#(world.host)/team": {"auth": "\#(DockerConfigTests.login)"}}, "credHelpers": {"\#(world.host)": "tabard"}}"#)
        var environment = world.environment
        environment["DOCKER_CONFIG"] = nil
        environment["REGISTRY_AUTH_FILE"] = world.folder.path("auth.json")
        let result = try Tool.run(
            StagedTools.path("tabard"), ["pull", world.image, "--dest", world.folder.path("layout"), "--progress", "none", "--json"],
            environment: environment)
        #expect(result.status == 0 && result.output.contains("auth.json: \(world.host)/team"), "\(result)")
        expectNoSecret(result, try world.secrets())
        let other = try Tool.run(StagedTools.path("tabard"), ["explain", "\(world.host)/other/app"], environment: environment)
        #expect(other.status == 0 && other.output.contains("does not start with /team"), "\(other)")
        #expect(other.output.contains("plugin google-container-registry: not asked"), "\(other)")
    }
}
