import TabardCache
import TabardCore
import TabardHost
import TabardKeyring
import TabardTestSupport
import Testing

@Suite struct WatchedCredentialsTests {
    private let folder = TemporaryFolder()
    private let lines = Guarded<[String]>([])

    private func login(_ user: String) -> String { #"{"auths":{"r.io":{"username":"\#(user)","password":"p"}}}"# }

    private func resolver() throws -> CredentialResolver {
        let path = folder.path("docker")
        let watched = try WatchedCredentials(log: LogSink(verbosity: 2) { [lines] line in lines.withLock { $0.append(line.message) } }) {
            _ throws(Failure) in
            let search = DockerConfigSearch(dockerConfig: path, folders: DockerConfigSearch.Folders(home: nil), log: .silent)
            // As a host does that was told to use that folder.
            if search.config == nil, case .unusable(let failure)? = search.attempts.first?.outcome { throw failure }
            return StaticCredentials(dockerConfig: search)
        }
        return CredentialResolver(
            watching: watched, registry: ProviderRegistry([], log: .silent), cache: CredentialCache(clocks: FakeClocks(), log: .silent),
            log: .silent)
    }

    private func users(_ resolver: CredentialResolver) throws -> [String] {
        resolver.resolve(ProviderRequest(image: try ImageReference("r.io/app")), until: .max).entries.map(\.username)
    }

    @Test func `a file that changes is read again, one that does not is not`() throws {
        folder.write("docker/config.json", login("first"))
        let resolver = try resolver()
        #expect(try users(resolver) == ["first"])
        #expect(try users(resolver) == ["first"])
        #expect(lines.withLock { $0.isEmpty })
        folder.write("docker/config.json", login("second-user"))
        #expect(try users(resolver) == ["second-user"])
        #expect(try users(resolver) == ["second-user"])
        #expect(lines.withLock { $0.count } == 1)
        #expect(resolver.explain(try ImageReference("r.io/app")).resolution.entries.map(\.username) == ["second-user"])
    }

    @Test func `what cannot be read any more stays as it was, and mends itself`() throws {
        folder.write("docker/config.json", login("first"))
        let resolver = try resolver()
        folder.write("docker/config.json", "{ half a fi")
        #expect(try users(resolver) == ["first"])
        #expect(lines.withLock { $0.last }?.contains("docker/config.json:1:3") == true)
        folder.write("docker/config.json", login("third"))
        #expect(try users(resolver) == ["third"])
        try #require(try Tool.run("rm", [folder.path("docker/config.json")]).status == 0)
        #expect(try users(resolver).isEmpty)
    }
}
