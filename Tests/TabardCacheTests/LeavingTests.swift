import Glibc
@testable import TabardCache
import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

/// Secrets do not outlive their place in the cache: `Secret` overwrites its bytes when the last reference goes, so none may be kept.
@Suite struct LeavingTests {
    /// Which secrets are still in memory.
    private final class Watch: Sendable {
        private struct Reference: Sendable { weak let secret: Secret? }
        private let given = Guarded<[Reference]>([])

        func reply(scope: CacheScope = .registry, duration: Duration = .seconds(3600)) -> ProviderReply {
            let secret = Secret("a password")
            given.withLock { $0.append(Reference(secret: secret)) }
            return ProviderReply(
                entries: [AuthEntry(pattern: "r.example", username: "u", password: secret, origin: Origin(.plugin, "aws-ecr-key"))],
                scope: scope, duration: duration)
        }

        /// Whether each that was given, in order, is there or not as told. The thread of a fetch lets go of its reply a moment after
        /// everybody has it, so that is waited for.
        func areThere(_ expected: [Bool]) -> Bool {
            let end = SystemClocks().monotonicNanoseconds + 30_000_000_000
            while SystemClocks().monotonicNanoseconds < end {
                if given.withLock({ $0.map { $0.secret != nil } }) == expected { return true }
                sched_yield()
            }
            return false
        }
    }

    private let watch = Watch()
    private let fixture: CacheFixture = {
        var limits = CacheLimits()
        limits.slotCount = 2
        return CacheFixture(limits: limits)
    }()

    private func ask(_ image: String, for duration: Duration = .seconds(3600)) throws {
        try fixture.ask(try CacheFixture.key(image)) { [watch] _ throws(Failure) in watch.reply(duration: duration) }
        fixture.waitForFetches()
    }

    @Test func `what has ended leaves by the scheduler's clock alone`() throws {
        try ask("r.example/a", for: .seconds(100))
        #expect(watch.areThere([true]))
        fixture.clocks.advance(by: .seconds(49))
        #expect(fixture.cache.refreshDue() == 1_000_000_000)
        #expect(watch.areThere([true]))
        // Refreshed, since it was used; the new one is not.
        fixture.clocks.advance(by: .seconds(1))
        _ = fixture.cache.refreshDue()
        fixture.waitForFetches()
        #expect(watch.areThere([false, true]), "the forerunner has left with its replacement")
        fixture.clocks.advance(by: .seconds(100))
        _ = fixture.cache.refreshDue()
        #expect(watch.areThere([false, false]))
    }

    @Test func `what is evicted, refused or closed over leaves`() throws {
        try ask("a.example/x", for: .seconds(500))
        try ask("b.example/x", for: .seconds(400))
        try ask("c.example/x", for: .seconds(600))
        #expect(watch.areThere([true, false, true]))
        #expect(fixture.cache.counts.evictions == 1)
        let key = try CacheFixture.key("a.example/x")
        do {
            let entry = try #require(try fixture.ask(key).entries.first)
            #expect(fixture.cache.invalidate(entry, for: key))
        }
        try ask("a.example/x", for: .seconds(500))
        #expect(watch.areThere([false, false, true, true]))
        #expect(fixture.cache.close(until: SystemClocks().monotonicNanoseconds + 60_000_000_000))
        #expect(watch.areThere([false, false, false, false]))
    }
}
