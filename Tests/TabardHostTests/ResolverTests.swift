import TabardCache
import TabardCore
@testable import TabardHost
import TabardKeyring
import TabardSystem
import TabardTestSupport
import Testing

@Suite struct ResolverTests {
    /// A provider that answers as a test says and remembers what it was asked.
    final class ScriptedProvider: Provider {
        let id: String
        let patterns: [ImagePattern]
        let matchesEveryImage: Bool
        let usesServiceAccount: Bool
        let asked = Guarded<[ProviderRequest]>([])
        private let answer: @Sendable () throws(Failure) -> ProviderReply

        init(
            _ id: String, _ patterns: [String], everything: Bool = false, usesServiceAccount: Bool = false,
            answer: @escaping @Sendable () throws(Failure) -> ProviderReply
        ) throws {
            self.id = id
            self.patterns = try patterns.map { try ImagePattern($0) }
            matchesEveryImage = everything
            self.usesServiceAccount = usesServiceAccount
            self.answer = answer
        }

        /// One that gives one entry.
        convenience init(_ id: String, _ patterns: String..., everything: Bool = false, scope: CacheScope = .image, seconds: Int = 60)
            throws
        {
            try self.init(id, patterns, everything: everything) { () throws(Failure) in
                ProviderReply(
                    entries: [AuthEntry(pattern: "*.x.test", username: id, password: Secret("p"), origin: Origin(.plugin, id))],
                    scope: scope,
                    duration: .seconds(seconds))
            }
        }

        var origin: Origin { Origin(.plugin, id) }
        func provide(_ request: ProviderRequest, call: ProviderCall) throws(Failure) -> ProviderReply {
            asked.withLock { $0.append(request) }
            return try answer()
        }
    }

    private let host = HostFixture()

    private func resolve(
        _ providers: [any Provider], _ image: String = "a.x.test/app:1", request change: (inout ProviderRequest) -> Void = { _ in }
    ) throws -> Resolution {
        var request = ProviderRequest(image: try ImageReference(image))
        change(&request)
        return resolver(providers).resolve(request, until: SystemClocks().monotonicNanoseconds + 60_000_000_000)
    }

    private func resolver(_ providers: [any Provider]) -> CredentialResolver {
        let log = host.services.log
        return CredentialResolver(
            registry: ProviderRegistry(providers, log: log), cache: CredentialCache(clocks: SystemClocks(), log: log), isOneShot: true,
            log: log)
    }

    @Test func `registering is said by id, at verbosity 4`() throws {
        let host = HostFixture(verbosity: 4)
        _ = ProviderRegistry([try ScriptedProvider("b"), try ScriptedProvider("a")], log: host.services.log)
        #expect(host.lines.map(\.message) == ["Registering credential provider: a", "Registering credential provider: b"])
        let quiet = HostFixture(verbosity: 3)
        _ = ProviderRegistry([try ScriptedProvider("b")], log: quiet.services.log)
        #expect(quiet.lines.isEmpty)
    }

    @Test func `the most specific pattern is asked first, whoever takes everything last`() throws {
        let registry = ProviderRegistry(
            [
                try ScriptedProvider("all", everything: true), try ScriptedProvider("wide", "*.x.test"),
                try ScriptedProvider("deep", "*.x.test", "a.x.test/app"), try ScriptedProvider("host", "a.x.test"),
                try ScriptedProvider("host-too", "a.x.test"), try ScriptedProvider("other", "y.test"),
            ], log: .silent)
        let matches = registry.matches(for: try ImageReference("a.x.test/app:1"))
        #expect(matches.map(\.provider.id) == ["deep", "host", "host-too", "wide", "all"])
        #expect(matches.map { $0.pattern?.text } == ["a.x.test/app", "a.x.test", "a.x.test", "*.x.test", nil])
    }

    @Test func `every source is kept with its outcome`() async throws {
        try await onThread {
            let providers: [any Provider] = [
                try ScriptedProvider("good", "a.x.test", scope: .registry, seconds: 90),
                try ScriptedProvider("brief", "*.x.test", scope: .image, seconds: 30),
                try ScriptedProvider("bad", ["*.x.test"]) { () throws(Failure) in
                    throw Failure(.denied, attempting: "asking", reason: "no such role", source: "bad")
                },
                try ScriptedProvider("not", ["*.x.test"]) { () throws(Failure) in
                    throw Failure(.notMine, attempting: "asking", reason: "another project")
                },
                try ScriptedProvider("open", ["*.x.test"]) { () throws(Failure) in ProviderReply() },
            ]
            let resolution = try resolve(providers)
            #expect(resolution.entries.map(\.username) == ["good", "brief"])
            #expect(
                resolution.sources.map { "\($0.origin.detail) \($0.outcome.name): \($0.reason)" } == [
                    "good gave: a.x.test matches", "bad failed: bad: asking: no such role", "brief gave: *.x.test matches",
                    "not nothing: another project", "open nothing: *.x.test matches",
                ])
            #expect(resolution.failure == nil && resolution.scope == .image)
            let lifetime = try #require(resolution.lifetime)
            #expect(lifetime <= .seconds(30))
            #expect(host.lines.contains { $0.level == .warning && $0.message == "bad: asking: no such role" })
        }
    }

    @Test func `what is for other images is told to a kubelet and never tried`() async throws {
        try await onThread {
            let both = try ScriptedProvider("both", ["*.x.test"]) { () throws(Failure) in
                ProviderReply(
                    entries: ["other.x.test", "a.x.test", "a.x.test/app", "https://a.x.test/v1/"].map {
                        AuthEntry(pattern: $0, username: $0, password: Secret("p"), origin: Origin(.plugin, "both"))
                    }, scope: .global)
            }
            let resolution = try resolve([both])
            #expect(resolution.entries.map(\.pattern) == ["a.x.test/app", "a.x.test", "https://a.x.test/v1/"])
            #expect(resolution.emitted.count == 4)
            let elsewhere = try resolve([both], "b.x.test/app")
            #expect(elsewhere.entries.isEmpty && elsewhere.emitted.count == 4 && elsewhere.failure == nil)
            #expect(elsewhere.sources.first?.reason == "*.x.test matches, but what it gave is for other images")
        }
    }

    /// The exit code tells scripts whether trying again can help.
    @Test func `a source that could not be reached weighs more than one that said no`() async throws {
        try await onThread {
            func provider(_ id: String, _ code: Failure.Code) throws -> ScriptedProvider {
                try ScriptedProvider(id, ["*.x.test"]) { () throws(Failure) in throw Failure(code, attempting: "asking", reason: id) }
            }
            let refusal = Failure(.denied, attempting: "reading the manifest", reason: "no")
            for codes in [[Failure.Code.denied, .timedOut], [.unavailable, .denied], [.local, .unavailable]] {
                let resolution = try resolve(try codes.enumerated().map { try provider("p\($0)", $1) })
                #expect(resolution.failure?.exitCode == 4 && resolution.weighing(refusal).exitCode == 4, "\(codes)")
            }
            let both = try resolve([try provider("a", .denied), try provider("b", .denied)])
            #expect(both.failure?.reason == "a" && both.weighing(refusal) == refusal)
            let mixed = try resolve([try provider("a", .denied), try ScriptedProvider("b", "*.x.test"), try provider("c", .unavailable)])
            #expect(mixed.failure == nil && mixed.weighing(refusal).exitCode == 4 && mixed.weighing(refusal).reason == "no")
            let missing = Failure(.notFound, attempting: "reading the manifest", reason: "no such tag")
            #expect(mixed.weighing(missing) == missing)
        }
    }

    @Test func `nothing but failures is a failure, nobody is not`() async throws {
        try await onThread {
            let bad = try ScriptedProvider("bad", ["*.x.test"]) { () throws(Failure) in
                throw Failure(.denied, attempting: "asking", reason: "no such role")
            }
            let failed = try resolve([bad])
            #expect(failed.failure?.code == .denied && failed.entries.isEmpty)
            let nobody = try resolve([bad], "elsewhere.test/app")
            #expect(nobody.failure == nil && nobody.sources.isEmpty && nobody.scope == nil && nobody.lifetime == nil)
        }
    }

    @Test func `a service account token goes only to providers that use it`() async throws {
        try await onThread {
            let plain = try ScriptedProvider("plain", "*.x.test")
            let uses = try ScriptedProvider("uses", ["*.x.test"], usesServiceAccount: true) { () throws(Failure) in ProviderReply() }
            _ = try resolve([plain, uses]) {
                $0.serviceAccountToken = Secret("t")
                $0.serviceAccountAnnotations = ["k": "v"]
            }
            #expect(plain.asked.withLock { $0.first }?.serviceAccountToken == nil)
            #expect(plain.asked.withLock { $0.first }?.serviceAccountAnnotations == [:])
            #expect(uses.asked.withLock { $0.first }?.serviceAccountToken?.text == "t")
            #expect(uses.asked.withLock { $0.first }?.serviceAccountAnnotations == ["k": "v"])
        }
    }

    @Test func `a refused entry is fetched again, past the provider's own cache`() async throws {
        try await onThread {
            let provider = try ScriptedProvider("one", "*.x.test")
            let resolver = resolver([provider])
            let request = ProviderRequest(image: try ImageReference("a.x.test/app"))
            let entry = try #require(resolver.resolve(request, until: .max).entries.first)
            _ = resolver.resolve(request, until: .max)
            #expect(provider.asked.withLock { $0.map(\.isFresh) } == [false])
            #expect(resolver.refused(entry, for: request))
            #expect(resolver.resolve(request, until: .max).entries.count == 1)
            #expect(provider.asked.withLock { $0.map(\.isFresh) } == [false, true])
            #expect(
                !resolver.refused(AuthEntry(pattern: "x", username: "", password: Secret(""), origin: Origin(.plugin, "?")), for: request))
        }
    }

    /// A resolver over a login that lies here and these providers.
    private func resolver(login: String, _ providers: [any Provider]) -> CredentialResolver {
        let variables = ["DOCKER_USER": login, "DOCKER_PASSWORD": "p", "DOCKER_REGISTRY_SERVER": "a.x.test"]
        let log = host.services.log
        return CredentialResolver(
            statics: StaticCredentials(environment: DockerEnvironment { variables[$0] }), registry: ProviderRegistry(providers, log: log),
            cache: CredentialCache(clocks: SystemClocks(), log: log), isOneShot: true, log: log)
    }

    @Test func `a provider is asked when what comes before it is used up, and not sooner`() async throws {
        try await onThread {
            let first = try ScriptedProvider("first", "a.x.test")
            let bad = try ScriptedProvider("bad", ["*.x.test"]) { () throws(Failure) in
                throw Failure(.unavailable, attempting: "asking", reason: "nobody answers")
            }
            let last = try ScriptedProvider("last", everything: true)
            func asked() -> [Int] { [first, bad, last].map { $0.asked.withLock { $0.count } } }
            let candidates = resolver(login: "here", [last, bad, first]).candidates(
                for: ProviderRequest(image: try ImageReference("a.x.test/app:1")), until: .max)
            #expect(try candidates.next()?.username == "here")
            #expect(asked() == [0, 0, 0])
            #expect(try candidates.next()?.username == "first")
            #expect(asked() == [1, 0, 0])
            #expect(throws: Failure.self) { try candidates.next() }
            #expect(asked() == [1, 1, 0])
            #expect(try candidates.next()?.username == "last")
            #expect(try candidates.next() == nil)
            #expect(candidates.resolution.sources.map(\.outcome.name) == ["gave", "gave", "failed", "gave"])
            #expect(candidates.resolution.failure == nil)
        }
    }

    @Test func `of refused providers only one that has another credential makes a second round`() async throws {
        try await onThread {
            let request = ProviderRequest(image: try ImageReference("a.x.test/app:1"))
            let same = resolver(login: "here", [try ScriptedProvider("same", "*.x.test")]).candidates(for: request, until: .max)
            while try same.next() != nil {}
            #expect(!same.renew())
            #expect(try same.next() == nil)

            let count = Guarded(0)
            let changing = try ScriptedProvider("changing", ["*.x.test"]) { () throws(Failure) in
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                return ProviderReply(
                    entries: [
                        AuthEntry(pattern: "*.x.test", username: "n\(number)", password: Secret("p"), origin: Origin(.plugin, "changing"))
                    ],
                    scope: .image, duration: .seconds(60))
            }
            let other = try ScriptedProvider("other", ["*.x.test"]) { () throws(Failure) in ProviderReply() }
            let candidates = resolver(login: "here", [changing, other]).candidates(for: request, until: .max)
            while try candidates.next() != nil {}
            #expect(candidates.renew())
            #expect(try candidates.next()?.username == "n2")
            #expect(try candidates.next() == nil)
            #expect(other.asked.withLock { $0.count } == 1, "nothing of it was refused")
        }
    }

    @Test func `a plugin that ignores its deadline does not hold up the caller`() async throws {
        try await onThread {
            let gate = host.folder.path("gate")
            try #require(makePipe(gate))
            let provider = try host.provider("ignores-deadline", configuration: try HostFixture.configured("gate=\(gate)"))
            let clocks = SystemClocks()
            let started = clocks.monotonicNanoseconds
            let request = ProviderRequest(image: try ImageReference("a.fixture.test/app"))
            let resolution = resolver([provider]).resolve(request, until: started + 100_000_000)
            #expect(resolution.failure?.code == .timedOut)
            #expect(clocks.monotonicNanoseconds - started < 20_000_000_000)
            // Lets the plugin's thread end, also one that comes to the gate only now: it stays open.
            _ = try FileDescriptor.open(gate, flags: 2).release()
        }
    }
}
