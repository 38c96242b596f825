import Synchronization
import TabardCache
import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

/// Providers that fail, and registries that refuse what they gave.
@Suite struct FailureTests {
    let fixture = CacheFixture()
    let down: CredentialCache.Fetch = { _ throws(Failure) in throw Failure(.unavailable, attempting: "asking", reason: "the cloud is down")
    }

    @Test func `a refresh that fails leaves the valid reply in service until its end`() throws {
        let fixture = CacheFixture(jitter: 1)
        let key = try CacheFixture.key()
        try fixture.ask(key)
        fixture.clocks.advance(by: .seconds(3000))
        #expect(try fixture.ask(key, provider: down).passwords == ["one"])
        fixture.waitForFetches()
        #expect(fixture.log.last?.contains("stays in service for 10m0s") == true, "\(fixture.log)")
        #expect(fixture.log.last?.contains("the cloud is down") == true)
        // Not asked with every question now: 18.75 s later at most, then 36.3 s.
        fixture.clocks.advance(by: .seconds(18))
        try fixture.ask(key, provider: down)
        #expect(fixture.fetchCount == 2)
        fixture.clocks.advance(by: .seconds(1))
        try fixture.ask(key, provider: down)
        fixture.waitForFetches()
        fixture.clocks.advance(by: .seconds(36))
        try fixture.ask(key, provider: down)
        #expect(fixture.fetchCount == 3)
        fixture.clocks.advance(by: .seconds(545))
        let failure = #expect(throws: Failure.self) { try fixture.ask(key, provider: down) }
        #expect(failure?.code == .unavailable)
    }

    @Test func `a refresh ahead that works after a failure takes over`() throws {
        let key = try CacheFixture.key()
        try fixture.ask(key)
        fixture.clocks.advance(by: .seconds(3000))
        try fixture.ask(key, provider: down)
        fixture.waitForFetches()
        fixture.clocks.advance(by: .seconds(10))
        #expect(try fixture.ask(key) { _ throws(Failure) in CacheFixture.reply("two") }.passwords == ["one"])
        fixture.waitForFetches()
        #expect(try fixture.ask(key).passwords == ["two"])
    }

    @Test func `a failure is answered from memory for a moment, longer each time, and a success ends it`() throws {
        let fixture = CacheFixture(jitter: 1)
        let key = try CacheFixture.key()
        for (wait, expected) in [(0, 1), (1, 1), (1, 2), (3, 2), (1, 3), (7, 3), (1, 4)] {
            fixture.clocks.advance(by: .seconds(wait))
            #expect(throws: Failure.self) { try fixture.ask(key, provider: down) }
            #expect(fixture.fetchCount == expected)
        }
        fixture.clocks.advance(by: .seconds(16))
        #expect(try fixture.ask(key).passwords == ["one"])
    }

    @Test func `the other side's wish to be left alone is kept to, within reason`() throws {
        let key = try CacheFixture.key()
        let busy: CredentialCache.Fetch = { _ throws(Failure) in
            throw Failure(.unavailable, attempting: "asking", reason: "throttled", retryAfter: .seconds(86_400))
        }
        #expect(throws: Failure.self) { try fixture.ask(key, provider: busy) }
        fixture.clocks.advance(by: .seconds(59))
        #expect(throws: Failure.self) { try fixture.ask(key) }
        fixture.clocks.advance(by: .seconds(1))
        #expect(try fixture.ask(key).passwords == ["one"])
    }

    @Test func `unreachable is true for the whole registry, denied only for the image`() throws {
        let first = try CacheFixture.key("r.example/a")
        let second = try CacheFixture.key("r.example/b")
        #expect(throws: Failure.self) { try fixture.ask(first, provider: down) }
        let shared = #expect(throws: Failure.self) { try fixture.ask(second) }
        #expect(shared?.code == .unavailable)
        #expect(fixture.fetchCount == 1)
        fixture.clocks.advance(by: .seconds(1))
        #expect(throws: Failure.self) {
            try fixture.ask(first) { _ throws(Failure) in throw Failure(.denied, attempting: "asking", reason: "no") }
        }
        #expect(try fixture.ask(second).passwords == ["one"])
        #expect(try fixture.ask(first).passwords == ["one"], "the registry's reply serves it, whatever it was told before")
    }

    @Test func `running out of time is not held against the next caller`() throws {
        let key = try CacheFixture.key()
        #expect(throws: Failure.self) {
            try fixture.ask(key) { _ throws(Failure) in throw Failure(.timedOut, attempting: "asking", reason: "slow") }
        }
        #expect(try fixture.ask(key).passwords == ["one"])
    }

    @Test func `a refused entry earns one fetch past the provider's cache, for all who met the refusal`() throws {
        let key = try CacheFixture.key()
        let refused = try #require(try fixture.ask(key).entries.first)
        let callers = try fixture.together(50) { [fixture] _ throws(Failure) in
            _ = fixture.cache.invalidate(refused, for: key)
            return try fixture.ask(key) { _ throws(Failure) in CacheFixture.reply("two") }
        }
        let (replies, failures) = callers.join()
        #expect(failures.isEmpty)
        #expect(replies.allSatisfy { $0.passwords == ["two"] })
        #expect(fixture.fetches.withLock { $0.map(\.isFresh) } == [false, true])

        // The new one is refused too: nobody asks the cloud for the same again and again.
        let second = try #require(try fixture.ask(key).entries.first)
        #expect(!fixture.cache.invalidate(second, for: key))
        try fixture.ask(key)
        #expect(fixture.fetchCount == 2)
        fixture.clocks.advance(by: .seconds(60))
        #expect(fixture.cache.invalidate(second, for: key))
        try fixture.ask(key)
        #expect(fixture.fetchCount == 3)
    }

    @Test func `a refused entry is never served again, the rest of its reply only in need`() throws {
        let key = try CacheFixture.key()
        let reply = try fixture.ask(key) { _ throws(Failure) in CacheFixture.reply(users: ["a", "b"]) }
        #expect(fixture.cache.invalidate(try #require(reply.entries.first), for: key))
        #expect(try fixture.ask(key, provider: down).entries.map(\.username) == ["b"])
        #expect(try fixture.ask(key, provider: down).entries.map(\.username) == ["b"])
        #expect(fixture.fetchCount == 2)
        fixture.clocks.advance(by: .seconds(1))
        #expect(try fixture.ask(key) { _ throws(Failure) in CacheFixture.reply("two") }.passwords == ["two"])
        #expect(fixture.fetches.withLock { $0.map(\.isFresh) } == [false, true, true])
    }

    @Test func `with nothing left, the failure of the second fetch is the answer`() throws {
        let key = try CacheFixture.key()
        let refused = try #require(try fixture.ask(key).entries.first)
        #expect(fixture.cache.invalidate(refused, for: key))
        let failure = #expect(throws: Failure.self) { try fixture.ask(key, provider: down) }
        #expect(failure?.code == .unavailable)
    }

    @Test func `many threads that ask, refuse and cancel at random end with every caller answered`() throws {
        let keys = try (0..<6).map { try CacheFixture.key("r\($0 % 2).example/app\($0)") }
        let scopes: [CacheScope] = [.image, .registry, .global]
        let callers = try fixture.together(12) { [fixture] thread throws(Failure) in
            var answers = 0
            for round in 0..<200 {
                let key = keys[(thread + round) % keys.count]
                let cancellation = Cancellation()
                if round % 17 == 0 { cancellation.cancel() }
                let number = thread * 1000 + round
                do throws(Failure) {
                    let reply = try fixture.ask(key, cancellation: cancellation) { call throws(Failure) in
                        if number % 5 == 0 { throw Failure(.unavailable, attempting: "asking", reason: "down") }
                        return CacheFixture.reply("\(number)", scope: scopes[number % 3], duration: .seconds(number % 4))
                    }
                    if number % 7 == 0, let entry = reply.entries.first { _ = fixture.cache.invalidate(entry, for: key) }
                } catch {
                    guard error.code == .unavailable || error.code == .cancelled else { throw error }
                }
                answers += 1
                if round % 10 == 0 { fixture.clocks.advance(by: .seconds(1)) }
            }
            return answers
        }
        let (answers, failures) = callers.join()
        #expect(failures.isEmpty)
        #expect(answers == Array(repeating: 200, count: 12))
        fixture.waitForFetches()
    }
}
