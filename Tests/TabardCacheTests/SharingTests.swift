import TabardCache
import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

/// Many callers, one fetch.
@Suite struct SharingTests {
    let fixture = CacheFixture()

    @Test func `many callers for one image cause one fetch, also when the answer is not to be kept`() throws {
        let key = try CacheFixture.key()
        let gate = Gate()
        let callers = try fixture.together(32) { [fixture] _ throws(Failure) in
            try fixture.ask(key) { _ throws(Failure) in
                gate.pass()
                return CacheFixture.reply(duration: .zero)
            }
        }
        fixture.cache.wait { _, waiters in waiters == 32 }
        gate.open()
        let (replies, failures) = callers.join()
        #expect(failures.isEmpty)
        #expect(replies.map(\.passwords) == Array(repeating: ["one"], count: 32))
        #expect(replies.allSatisfy { $0.duration == .zero })
        #expect(fixture.fetchCount == 1)
        try fixture.ask(key)
        #expect(fixture.fetchCount == 2, "zero is: not kept")
    }

    @Test func `cold images of one registry wait for one answer that holds for all`() throws {
        let keys = try (0..<32).map { try CacheFixture.key("r.example/app\($0)") }
        let gate = Gate()
        let callers = try fixture.together(32) { [fixture] index throws(Failure) in
            try fixture.ask(keys[index]) { _ throws(Failure) in
                gate.pass()
                return CacheFixture.reply()
            }
        }
        fixture.cache.wait { _, waiters in waiters == 32 }
        gate.open()
        let (replies, _) = callers.join()
        #expect(replies.count == 32)
        #expect(fixture.fetchCount == 1)
    }

    @Test func `an answer for one image serves no other: the others ask beside each other`() throws {
        let keys = try (0..<8).map { try CacheFixture.key("r.example/app\($0)") }
        let first = Gate()
        let others = Gate()
        let callers = try fixture.together(8) { [fixture] index throws(Failure) in
            try fixture.ask(keys[index]) { _ throws(Failure) in
                first.pass()
                if fixture.fetchCount > 1 { others.pass() }
                return CacheFixture.reply("for \(index)", scope: .image)
            }
        }
        fixture.cache.wait { _, waiters in waiters == 8 }
        first.open()
        // All seven fly at once; none waits for another.
        fixture.cache.wait { fetches, _ in fetches == 7 }
        others.open()
        let (replies, _) = callers.join()
        #expect(Set(replies.flatMap(\.passwords)) == Set((0..<8).map { "for \($0)" }))
        #expect(fixture.fetchCount == 8)
        for key in keys { try fixture.ask(key) }
        #expect(fixture.fetchCount == 8)
    }

    @Test func `no credentials for one image says nothing about the next`() throws {
        let public_ = try CacheFixture.key("r.example/public")
        let private_ = try CacheFixture.key("r.example/private")
        let empty = try fixture.ask(public_) { _ throws(Failure) in ProviderReply(scope: .global, duration: .seconds(3600)) }
        #expect(empty.entries.isEmpty)
        #expect(empty.scope == .image)
        #expect(empty.duration == .seconds(300), "kept for the image, but not for an hour")
        #expect(try fixture.ask(private_).passwords == ["one"])
        #expect(try fixture.ask(public_).entries.isEmpty)
        #expect(fixture.fetchCount == 2)
    }

    @Test func `a cancelled caller and one out of time leave the others their answer`() throws {
        let key = try CacheFixture.key()
        let gate = Gate()
        let provider: CredentialCache.Fetch = { call throws(Failure) in
            gate.pass()
            if call.cancellation.isCancelled { throw Failure(.cancelled, attempting: "asking", reason: "cancelled") }
            return CacheFixture.reply()
        }
        let cancellation = Cancellation()
        let leader = try fixture.together(1) { [fixture] _ throws(Failure) in
            try fixture.ask(key, cancellation: cancellation, provider: provider)
        }
        fixture.cache.wait { _, waiters in waiters == 1 }
        let patient = try fixture.together(4) { [fixture] _ throws(Failure) in try fixture.ask(key, provider: provider) }
        fixture.cache.wait { _, waiters in waiters == 5 }
        let late = #expect(throws: Failure.self) { try fixture.ask(key, until: 1, provider: provider) }
        #expect(late?.code == .timedOut)
        #expect(late?.source == "aws-ecr-key")
        cancellation.cancel()
        let (_, failures) = leader.join()
        #expect(failures.map(\.code) == [.cancelled])
        gate.open()
        #expect(patient.join().values.count == 4)
        #expect(fixture.fetchCount == 1)
    }

    @Test func `when the last caller cancels, the fetch is told, and the next caller asks anew`() throws {
        let key = try CacheFixture.key()
        let gate = Gate()
        let told = Guarded(false)
        let cancellation = Cancellation()
        let caller = try fixture.together(1) { [fixture] _ throws(Failure) in
            try fixture.ask(key, cancellation: cancellation) { call throws(Failure) in
                gate.pass()
                told.withLock { $0 = call.cancellation.isCancelled }
                throw Failure(.cancelled, attempting: "asking", reason: "cancelled")
            }
        }
        fixture.cache.wait { _, waiters in waiters == 1 }
        cancellation.cancel()
        #expect(caller.join().failures.map(\.code) == [.cancelled])
        #expect(try fixture.ask(key).passwords == ["one"], "an abandoned fetch is in nobody's way")
        gate.open()
        fixture.waitForFetches()
        #expect(told.withLock { $0 })
        #expect(try fixture.ask(key).passwords == ["one"])
        #expect(fixture.fetchCount == 2)
    }

    @Test func `a fetch whose caller ran out of time still fills the cache`() throws {
        let key = try CacheFixture.key()
        let gate = Gate()
        #expect(throws: Failure.self) {
            try fixture.ask(key, until: fixture.clocks.monotonicNanoseconds) { _ throws(Failure) in
                gate.pass()
                return CacheFixture.reply()
            }
        }
        gate.open()
        fixture.waitForFetches()
        #expect(try fixture.ask(key).passwords == ["one"])
        #expect(fixture.fetchCount == 1)
    }

    @Test func `who has more time than the fetch of another asks again`() throws {
        let key = try CacheFixture.key()
        let gate = Gate()
        let now = fixture.clocks.monotonicNanoseconds
        let hasty = try fixture.together(1) { [fixture] _ throws(Failure) in
            try fixture.ask(key, until: now + 3_600_000_000_000) { call throws(Failure) in
                gate.pass()
                throw Failure(.timedOut, attempting: "asking", reason: "deadline \(call.deadline)")
            }
        }
        fixture.cache.wait { _, waiters in waiters == 1 }
        let second = Gate()
        let patient = try fixture.together(3) { [fixture] _ throws(Failure) in
            try fixture.ask(key) { _ throws(Failure) in
                second.pass()
                return CacheFixture.reply()
            }
        }
        fixture.cache.wait { _, waiters in waiters == 4 }
        fixture.clocks.advance(by: .seconds(3601))
        gate.open()
        #expect(hasty.join().failures.map(\.code) == [.timedOut])
        second.open()
        #expect(patient.join().values.count == 3)
        #expect(fixture.fetchCount == 2)
    }

    @Test func `a provider that never comes back holds up nobody after its deadline`() throws {
        let key = try CacheFixture.key()
        let gate = Gate()
        let stuck = try fixture.together(1) { [fixture] _ throws(Failure) in
            try fixture.ask(key) { _ throws(Failure) in
                gate.pass()
                return CacheFixture.reply()
            }
        }
        fixture.cache.wait { _, waiters in waiters == 1 }
        fixture.clocks.advance(by: .seconds(66))
        let failure = #expect(throws: Failure.self) { try fixture.ask(key) }
        #expect(failure?.code == .timedOut)
        #expect(failure?.description.contains("has not come back") == true)
        gate.open()
        #expect(stuck.join().values.count == 1)
        #expect(fixture.fetchCount == 1)
    }

    @Test func `another token or annotation is another identity, and the token itself is not kept`() throws {
        let keys = [
            try CacheFixture.key(), try CacheFixture.key(token: "t1"), try CacheFixture.key(token: "t2"), try CacheFixture.key(token: ""),
            try CacheFixture.key(token: "t1", annotations: ["a": "bc"]), try CacheFixture.key(token: "t1", annotations: ["ab": "c"]),
            try CacheFixture.key(annotations: ["a": "bc"]),
        ]
        #expect(Set(keys).count == keys.count)
        for key in keys { try fixture.ask(key) }
        #expect(fixture.fetchCount == keys.count)
        #expect(try CacheFixture.key(token: "t1") == keys[1])
        let token = "a-token-that-must-not-be-kept"
        #expect(!String(reflecting: try CacheFixture.key(token: token)).contains(token))
    }
}
