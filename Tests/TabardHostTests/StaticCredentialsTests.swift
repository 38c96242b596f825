import TabardCache
import TabardCore
import TabardHost
import TabardKeyring
import TabardKubernetes
import TabardSystem
import TabardTestSupport
import Testing

/// What lies on the machine and what comes with the question, before any provider.
@Suite struct StaticCredentialsTests {
    private let folder = TemporaryFolder()

    private func resolver(secrets: [String] = [], config: String? = nil, variables: [String: String] = [:]) throws -> CredentialResolver {
        let readings = try secrets.enumerated().map { try PullSecret.load(folder.write("secret\($0).json", $1)) }
        let search = try config.map { try DockerConfigSearch(explicit: folder.write("config.json", $0), log: .silent) }
        let statics = StaticCredentials(
            pullSecrets: readings, dockerConfig: search, helperEnvironment: ["PATH": "\(folder.path("bin")):/usr/bin:/bin"],
            environment: DockerEnvironment { variables[$0] })
        return CredentialResolver(
            statics: statics, registry: ProviderRegistry([], log: .silent), cache: CredentialCache(clocks: SystemClocks(), log: .silent),
            isOneShot: true, log: .silent)
    }

    private func resolve(_ resolver: CredentialResolver, _ image: String = "r.io/team/app") throws -> Resolution {
        resolver.resolve(
            ProviderRequest(image: try ImageReference(image)), until: SystemClocks().monotonicNanoseconds + 60_000_000_000)
    }

    private func secret(_ name: String, _ user: String, for key: String) -> String {
        let config = #"{\"auths\":{\"\#(key)\":{\"username\":\"\#(user)\",\"password\":\"p\"}}}"#
        return
            #"{"kind":"Secret","metadata":{"name":"\#(name)"},"type":"kubernetes.io/dockerconfigjson","stringData":{".dockerconfigjson":"\#(config)"}}"#
    }

    @Test func `pull secrets come first, then helpers, the docker config and the environment`() throws {
        folder.write("bin/docker-credential-x", "#!/bin/sh\necho '{\"Username\":\"helper\",\"Secret\":\"p\"}'\n", mode: 0o755)
        let resolver = try resolver(
            secrets: [secret("a", "wild", for: "*.io"), secret("b", "exact", for: "r.io")],
            config: #"{"auths":{"r.io":{"username":"file","password":"p"}},"credHelpers":{"r.io":"x"}}"#,
            variables: ["DOCKER_USER": "env", "DOCKER_PASSWORD": "p", "DOCKER_REGISTRY_SERVER": "r.io"])
        let resolution = try resolve(resolver)
        #expect(resolution.entries.map(\.username) == ["exact", "wild", "helper", "file", "env"])
        #expect(
            resolution.sources.map { "\($0.origin.source.rawValue) \($0.outcome.name)" }
                == ["pull-secret gave", "credential-helper gave", "docker-config gave", "environment gave"])
        #expect(resolution.failure == nil && resolution.emitted.isEmpty, "nothing of this reaches a kubelet")
    }

    @Test func `a helper that fails is the reason when nothing else gives anything`() throws {
        let resolution = try resolve(try resolver(config: #"{"credsStore":"missing"}"#))
        #expect(resolution.entries.isEmpty)
        #expect(resolution.failure?.description.contains("docker-credential-missing") == true)
        #expect(resolution.sources.map(\.outcome.name) == ["failed", "nothing"])
        let other = try resolve(try resolver(secrets: [secret("a", "u", for: "r.io")], config: #"{"credsStore":"missing"}"#))
        #expect(other.entries.map(\.username) == ["u"])
        #expect(other.failure == nil)
    }

    @Test func `an explanation names the helper and starts nothing`() throws {
        folder.write("bin/docker-credential-x", "#!/bin/sh\ntouch \(folder.path("started"))\n", mode: 0o755)
        let explained = try resolver(config: #"{"credsStore":"x"}"#).explain(try ImageReference("r.io/app"))
        let helper = try #require(explained.resolution.sources.first)
        #expect(helper.origin.description == "credential-helper docker-credential-x")
        #expect(helper.outcome.name == "not-asked" && helper.reason.contains("credsStore names it"))
        #expect(throws: SystemError.self) { try FileStatus(of: folder.path("started")) }
    }

    @Test func `an explanation tells that a helper is missing, and nothing about those of other registries`() throws {
        let resolver = try resolver(config: #"{"auths":{"q.io":{"username":"u"}},"credHelpers":{"r.io":"gone","s.io":"gone-too"}}"#)
        let asked = resolver.explain(try ImageReference("r.io/app")).resolution
        #expect(asked.sources.first?.outcome.name == "failed")
        #expect(asked.sources.first?.reason.contains("credHelpers.r.io names it") == true)
        #expect(asked.failure?.description.contains("docker-credential-gone (r.io): there is no such program in PATH") == true)
        let other = resolver.explain(try ImageReference("q.io/app"))
        #expect(other.resolution.sources.map(\.outcome.name) == ["gave"] && other.resolution.failure == nil && other.warnings.isEmpty)
        #expect(try resolve(resolver, "q.io/app").failure == nil)
    }

    @Test func `an entry that is spoiled is told where it would have matched`() throws {
        let config = #"{"auths":{"r.io/team":{"auth":"s3cr3t-no-base64"},"q.io":{"auth":5},"https://index.docker.io/v1/":{"auth":"YTpi"}}}"#
        let explained = try resolver(config: config).explain(try ImageReference("r.io/team/app"))
        #expect(explained.nearMisses.map(\.pattern) == ["r.io/team"])
        #expect(explained.nearMisses.first?.reason.contains("cannot be used: auths[\"r.io/team\"].auth is not Base64") == true)
        #expect(explained.nearMisses.first?.origin.description.contains("config.json:1:") == true)
        let hub = try resolver(config: config).explain(try ImageReference("nginx"))
        #expect(hub.resolution.sources.first?.reason.contains("is for Docker Hub, and no other key matches") == true)
        #expect(hub.warnings.count == 2, "the two spoiled ones: \(hub.warnings)")
    }

    @Test func `of many keys that are traps those for the image come first`() throws {
        let keys = (0..<40).map { #""q\#($0).io/team":{"username":"u"}"# } + [#""r.io/team":{"username":"u"}"#]
        let explained = try resolver(config: #"{"auths":{\#(keys.joined(separator: ","))}}"#).explain(try ImageReference("r.io/team/app"))
        let (lines, more) = explained.warnings(atMost: 12)
        #expect(lines.count == 12 && more == 29 && lines.first?.contains(": r.io/team:") == true, "\(lines)")
        #expect(explained.warnings.count == 41 && Array(explained.warnings.prefix(12)) == lines)
    }

    @Test func `the helper tabard is this program`() throws {
        folder.write("bin/docker-credential-tabard", "#!/bin/sh\ntouch \(folder.path("started"))\n", mode: 0o755)
        let resolution = try resolve(try resolver(config: #"{"credHelpers":{"r.io":"tabard"}}"#))
        #expect(resolution.sources.map(\.outcome.name) == ["not-asked", "nothing"])
        #expect(resolution.failure == nil)
        #expect(throws: SystemError.self) { try FileStatus(of: folder.path("started")) }
    }

    @Test func `a file without a usable secret is refused, a bad one beside a good one is a warning`() throws {
        let bad = #"{"kind":"Secret","metadata":{"name":"bad"},"type":"Opaque"}"#
        #expect(throws: Failure.self) { try resolver(secrets: [bad]) }
        #expect(throws: Failure.self) { try PullSecret.load(folder.path("missing.json")) }
        #expect(throws: Failure.self) { try resolver(secrets: [#"{"kind":"List","items":[]}"#]) }
        let list = #"{"kind":"List","items":[\#(bad),\#(secret("good", "u", for: "r.io"))]}"#
        let explained = try resolver(secrets: [list]).explain(try ImageReference("r.io/app"))
        #expect(explained.resolution.entries.map(\.username) == ["u"])
        #expect(explained.warnings.count == 1 && explained.warnings.first?.contains("secret bad") == true)
    }

    @Test func `keys that mean something else than they seem to are told`() throws {
        let config = #"{"auths":{"r.io/team":{"username":"u"},"r.io/*":{"username":"v"},"https://r.io/v1/":{"username":"w"}}}"#
        let explained = try resolver(config: config).explain(try ImageReference("r.io/team-b/app"))
        #expect(explained.resolution.entries.map(\.username) == ["u", "w"], "as the kubelet does it")
        #expect(explained.warnings.count == 2, "\(explained.warnings)")
        #expect(explained.warnings.contains { $0.contains("config.json: r.io/team:") && $0.contains("team-other matches too") })
        #expect(explained.warnings.contains { $0.contains("config.json: r.io/*:") && $0.contains("no wildcard in a path") })
        #expect(explained.nearMisses.map(\.pattern) == ["r.io/*"])
    }
}
