import CTabard
import TabardConfig
import TabardCore
@testable import TabardHost
import TabardHTTP
import TabardSystem
import TabardTestSupport
import Testing

@Suite struct PluginProviderTests {
    @Test func `a reply carries what the plugin emitted`() async throws {
        try await onThread {
            let clocks = FakeClocks(unixNanoseconds: 1_800_000_000_000_000_000)
            let host = HostFixture(clocks: clocks)
            let reply = try host.ask("good", configuration: try HostFixture.configured("user=AWS", "password=p=1"))
            let entry = try #require(reply.entries.first)
            #expect(reply.entries.count == 1 && entry.pattern == "a.fixture.test" && entry.username == "AWS")
            #expect(entry.password.text == "p=1")
            #expect(entry.origin == Origin(.plugin, "fixture"))
            #expect(reply.scope == .registry && reply.duration == .seconds(3600))
            #expect(reply.expires == UTCTime(unixNanoseconds: 1_800_007_200_000_000_000) && entry.expires == reply.expires)
            let line = try #require(host.lines.first { $0.message.hasSuffix(": answering") })
            #expect(line.level == .info(2) && line.message.hasPrefix("good.so["), "\(line.message)")
        }
    }

    @Test func `settings arrive flat, lists numbered, with the operator's patterns`() async throws {
        try await onThread {
            let configuration = try HostFixture.configured(
                "user=u", "scopes=one", "rules.0.match=*.x.test", "matchImages=more.test", "matchImages=*.even.more.test", "count=1.5")
            let reply = try HostFixture().ask("echo-settings", configuration: configuration)
            #expect(
                reply.entries.map { "\($0.username)=\($0.password.text)" } == [
                    "user=u", "scopes.0=one", "rules.0.match=*.x.test", "count=1.5", "matchImages.0=more.test",
                    "matchImages.1=*.even.more.test",
                ])
        }
    }

    @Test(arguments: [
        ("usr=x", "is unknown to the provider fixture", "did you mean \"user\"?"),
        ("container=yes", "is unknown to the provider fixture", "it understands: count, endpoint, gate, interval, matchImages"),
        ("user.0=x", "takes one value, not a list", ""), ("verbose=yes", "must be true or false", ""),
        ("count=many", "must be a number", ""), ("interval=5", "must be a duration such as 90s or 1h30m", ""),
        ("endpoint=ftp://x", "must be an http or https URL", ""), ("gate=", "must not be empty", ""),
        ("rules.3.match=a:b", "must be a pattern", ""),
    ])
    func `a setting that is wrong is an error at its place`(_ set: String, _ complaint: String, _ advice: String) throws {
        let configuration = try #require(try HostFixture.configured(set))
        let failure = #expect(throws: Failure.self) {
            _ = try SettingsCheck.settings(of: configuration, for: FixturePlugin.manifest.providers[0])
        }
        let key = set.prefix { $0 != "=" }
        #expect(failure?.code == .invalid && failure?.subject == "--set fixture.\(key)")
        #expect(failure?.reason.hasPrefix("providers.fixture.\(key) \(complaint)") == true, "\(failure?.reason ?? "")")
        #expect(failure?.advice.hasPrefix(advice) == true, "\(failure?.advice ?? "")")
    }

    @Test func `HTTP goes through the host, headers and bodies as secrets`() async throws {
        try await onThread {
            let seen = Guarded<HTTPRequest?>(nil)
            let host = HostFixture { (request) throws(Failure) in
                seen.withLock { $0 = request }
                var headers = HTTPHeaders()
                headers.add("x-one", "1")
                return HTTPResponse(status: 200, headers: headers, body: Secret("from-http"))
            }
            let reply = try host.ask("good", configuration: try HostFixture.configured("endpoint=https://e.test/p?q=1")) {
                $0.serviceAccountToken = Secret("the-token")
            }
            #expect(reply.entries.map(\.password.text) == ["from-http"])
            let request = try #require(seen.withLock { $0 })
            #expect(request.method == "GET" && request.url.description == "https://e.test/p?q=1" && !request.isMetadata)
            #expect(request.body?.text == "the-token")
            guard case .secret(let value)? = request.headers.entries.first?.value else {
                throw Failure(.invalid, attempting: "", reason: "")
            }
            #expect(request.headers.entries.map(\.name) == ["X-Fixture"] && value.text == "yes")
        }
    }

    @Test func `the reason of a failed exchange reaches the caller`() async throws {
        try await onThread {
            let host = HostFixture { (_) throws(Failure) in
                throw Failure(.unavailable, attempting: "connecting", on: "e.test", reason: "connection refused by 127.0.0.1:9")
            }
            let configuration = try HostFixture.configured("endpoint=https://e.test/")
            let failure = #expect(throws: Failure.self) { _ = try host.ask("good", configuration: configuration) }
            #expect(failure?.code == .unavailable)
            #expect(failure?.reason.contains("connection refused by 127.0.0.1:9") == true)
        }
    }

    @Test func `a plugin that waits is woken by cancellation and by a deadline that comes first`() async throws {
        try await onThread {
            let host = HostFixture()
            let provider = try host.provider("waits")
            let cancellation = Cancellation()
            let started = SystemClocks().monotonicNanoseconds
            try WorkerThread(detached: true) { cancellation.cancel() }
            var request = ProviderRequest(image: try ImageReference("a.fixture.test/app"))
            request.isFresh = true
            let failure = #expect(throws: Failure.self) {
                _ = try provider.provide(request, call: ProviderCall(deadline: .max, cancellation: cancellation, isOneShot: true))
            }
            #expect(failure?.code == .cancelled && failure?.reason == "woken")
            #expect(SystemClocks().monotonicNanoseconds - started < 20_000_000_000)
            let state = CallState(
                provider: "p", context: PluginContext(plugin: "p.so", services: host.services), phase: .provide, deadline: 5,
                cancellation: Cancellation(), isOneShot: true)
            #expect(state.sleep(until: .max) == TABARD_E_DEADLINE && state.isCancelled)
        }
    }

    @Test func `no time left is a failure before the plugin runs`() async throws {
        try await onThread {
            let host = HostFixture(clocks: FakeClocks())
            let failure = #expect(throws: Failure.self) { _ = try host.ask("good", seconds: 0) }
            #expect(failure?.code == .timedOut && failure?.source == "fixture")
        }
    }

    @Test func `one instance serves one call at a time, a lost one is replaced`() throws {
        let clocks = FakeClocks()
        let slot = InstanceSlot(clocks: clocks)
        let now = clocks.monotonicNanoseconds
        let first = try slot.acquire(isConcurrent: false, until: now + 10)
        clocks.advance(by: .nanoseconds(20))
        let busy = #expect(throws: Failure.self) { _ = try slot.acquire(isConcurrent: false, until: now + 20) }
        #expect(busy?.code == .timedOut)
        // A second after its deadline the holder is given up.
        clocks.advance(by: .seconds(1))
        let second = try slot.acquire(isConcurrent: false, until: now + 5_000_000_000)
        #expect(second.number != first.number)
        slot.release(second, isConcurrent: false)
        slot.release(first, isConcurrent: false)
        let third = try slot.acquire(isConcurrent: false, until: now + 5_000_000_000)
        slot.release(third, isConcurrent: false)
        // Concurrent providers never wait.
        let both = try [1, 2].map { _ in try slot.acquire(isConcurrent: true, until: now + 5_000_000_000) }
        #expect(both[0].number != both[1].number)
    }

    @Test func `eight lost calls are enough`() throws {
        let clocks = FakeClocks()
        let slot = InstanceSlot(clocks: clocks)
        for _ in 0..<9 {
            _ = try slot.acquire(isConcurrent: false, until: clocks.monotonicNanoseconds + 1)
            clocks.advance(by: .seconds(2))
        }
        let failure = #expect(throws: Failure.self) {
            _ = try slot.acquire(isConcurrent: false, until: clocks.monotonicNanoseconds + 1)
        }
        #expect(failure?.code == .unavailable && failure?.reason == "8 earlier calls have never come back")
    }

    @Test func `many threads share one concurrent provider`() async throws {
        try await onThread {
            let host = HostFixture()
            let provider = try host.provider("any")
            let good = Monitor(0)
            let threads = try (0..<8).map { _ in
                try WorkerThread {
                    for _ in 0..<20 where (try? host.ask(provider, image: "x.test/y").entries.count) == 1 { good.update { $0 += 1 } }
                }
            }
            for thread in threads { thread.join() }
            #expect(good.read { $0 } == 160)
        }
    }
}
