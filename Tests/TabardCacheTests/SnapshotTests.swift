@testable import TabardCache
import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

/// What a cache tells about itself, and what it hands to the process that takes over.
@Suite struct SnapshotTests {
    let fixture = CacheFixture()
    let down: CredentialCache.Fetch = { _ throws(Failure) in throw Failure(.unavailable, attempting: "asking", reason: "the cloud is down")
    }

    @Test func `a snapshot tells state, times and the last failure, and no secret`() throws {
        let key = try CacheFixture.key()
        let pod = try CacheFixture.key(token: "a-secret-token")
        try fixture.ask(key)
        #expect(throws: Failure.self) { try fixture.ask(try CacheFixture.key("other.example/app"), provider: down) }
        try fixture.ask(pod) { _ throws(Failure) in CacheFixture.reply("a-secret-password", scope: .image, users: ["a", "b"]) }
        let rows = fixture.cache.snapshot()
        #expect(rows.map(\.name) == ["r.example/team/app", "other.example", "r.example"])
        #expect(rows.map(\.scope) == [.image, .registry, .registry])
        #expect(rows.map(\.word) == [.fresh, .failed, .fresh])
        #expect(rows.map(\.entryCount) == [2, 0, 1])
        #expect(rows.map(\.expiresIn) == [.seconds(3600), nil, .seconds(3600)])
        #expect(rows.allSatisfy { ($0.refreshIn ?? .zero) > .zero && $0.isUsed == ($0.word == .fresh) })
        #expect(rows[1].lastFailure?.contains("the cloud is down") == true)
        #expect(rows[1].identity == "node" && rows[2].identity == "node")
        #expect(rows[0].identity.utf8.count == 8 && rows[0].identity != "node")
        #expect(!String(reflecting: rows).contains("secret"))
        // Another cache has another salt: what one node shows tells nothing about another's.
        let other = CacheFixture()
        try other.ask(pod)
        #expect(other.cache.snapshot()[0].identity != rows[0].identity)

        fixture.clocks.advance(by: .seconds(3000))
        try fixture.ask(key, provider: down)
        fixture.waitForFetches()
        let stale = try #require(fixture.cache.snapshot().first { $0.word == .stale })
        #expect(stale.name == "r.example" && stale.lastFailure?.contains("the cloud is down") == true)
        #expect(stale.expiresIn == .seconds(600))
        fixture.clocks.advance(by: .seconds(600))
        #expect(!fixture.cache.snapshot().contains { $0.name == "r.example" }, "what has ended is told no more")
    }

    @Test func `while it is filled, a row tells who waits`() throws {
        let key = try CacheFixture.key()
        let gate = Gate()
        let callers = try fixture.together(3) { [fixture] _ throws(Failure) in
            try fixture.ask(key) { _ throws(Failure) in
                gate.pass()
                return CacheFixture.reply()
            }
        }
        fixture.cache.wait { _, waiters in waiters == 3 }
        let row = try #require(fixture.cache.snapshot().first)
        #expect(row.word == .filling && row.waiters == 3 && row.expiresIn == nil && row.refreshIn == nil)
        gate.open()
        _ = callers.join()
    }

    @Test func `the process that takes over serves what was held, for as long as it was good`() throws {
        let key = try CacheFixture.key()
        let pod = try CacheFixture.key("r.example/b", token: "t")
        try fixture.ask(key)
        try fixture.ask(pod) { _ throws(Failure) in CacheFixture.reply("for the pod", duration: .seconds(600)) }
        fixture.clocks.advance(by: .seconds(100))
        let handover = try fixture.cache.export()
        #expect(handover.replies.count == 2)

        let heir = CacheFixture(clocks: fixture.clocks)
        let refetched = Guarded<[String]>([])
        let count = try heir.cache.import(handover) { reply in
            guard reply.identity == nil else { return nil }
            return { _ throws(Failure) in
                refetched.withLock { $0.append(reply.imageName) }
                return CacheFixture.reply("two")
            }
        }
        #expect(count == 2)
        #expect(try heir.cache.import(handover) { _ in nil } == 0, "what is there already wins")
        let reply = try heir.ask(key)
        #expect(reply.passwords == ["one"] && reply.duration == .seconds(3500) && reply.scope == .registry)
        #expect(try heir.ask(pod).passwords == ["for the pod"])
        #expect(heir.fetchCount == 0)
        #expect(throws: Failure.self, "another identity has nothing of it") {
            try heir.ask(try CacheFixture.key("r.example/b", token: "u"), provider: down)
        }
        // Refreshed ahead with the way that the heir gave.
        heir.clocks.advance(by: .seconds(2780))
        _ = heir.cache.refreshDue()
        heir.waitForFetches()
        #expect(refetched.withLock { $0 } == ["r.example/team/app"])
        #expect(try heir.ask(key).passwords == ["two"])
    }

    @Test func `what came without a way to ask again is refreshed the way of its next caller`() throws {
        let key = try CacheFixture.key()
        try fixture.ask(key)
        let heir = CacheFixture(clocks: fixture.clocks)
        try heir.cache.import(try fixture.cache.export()) { _ in nil }
        heir.clocks.advance(by: .seconds(1000))
        #expect(heir.cache.refreshDue() == 2_600_000_000_000, "nobody here can ask: only its end is to come")
        try heir.ask(key) { _ throws(Failure) in CacheFixture.reply("two") }
        #expect(heir.fetchCount == 0)
        heir.clocks.advance(by: .seconds(2000))
        _ = heir.cache.refreshDue()
        heir.waitForFetches()
        #expect(try heir.ask(key).passwords == ["two"])
    }

    @Test func `nothing is taken over from another boot, nor what has ended, nor what ends later than anything could`() throws {
        try fixture.ask(try CacheFixture.key())
        var handover = try fixture.cache.export()
        let bootID = handover.bootID
        #expect(bootID.utf8.count == 36)
        handover.bootID = "00000000-0000-0000-0000-000000000000"
        let heir = CacheFixture(clocks: fixture.clocks)
        let failure = #expect(throws: Failure.self) { try heir.cache.import(handover) { _ in nil } }
        #expect(failure?.code == .invalid && failure?.description.contains("another boot") == true)
        handover.bootID = bootID
        handover.replies[0].until = fixture.clocks.bootNanoseconds + 86_400_000_000_001
        #expect(try heir.cache.import(handover) { _ in nil } == 0)
        handover.replies[0].until = fixture.clocks.bootNanoseconds
        #expect(try heir.cache.import(handover) { _ in nil } == 0)
        #expect(heir.cache.snapshot().isEmpty)
    }
}
