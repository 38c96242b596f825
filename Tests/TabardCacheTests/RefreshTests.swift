@testable import TabardCache
import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

/// Refreshes ahead of need, on clocks that stand still.
@Suite struct RefreshTests {
    @Test func whatWasUsedIsAskedForAgainInItsThirdQuarter() async throws {
        try await onThread {
            let fixture = CacheFixture()
            let key = try CacheFixture.key()
            try fixture.ask(key)
            fixture.waitForFetches()
            #expect(fixture.cache.refreshDue() == 1_800_000_000_000)
            fixture.clocks.advance(by: .seconds(1799))
            #expect(fixture.cache.refreshDue() == 1_000_000_000 && fixture.fetchCount == 1)
            fixture.clocks.advance(by: .seconds(1))
            _ = fixture.cache.refreshDue()
            fixture.waitForFetches()
            #expect(fixture.fetchCount == 2 && fixture.cache.counts.refreshes == 1)
            // Nobody has used the new one, but its forerunner within a lifetime: it is kept warm once more, and then ends by itself.
            #expect(fixture.cache.refreshDue() == 1_800_000_000_000)
            fixture.clocks.advance(by: .seconds(1800))
            _ = fixture.cache.refreshDue()
            fixture.waitForFetches()
            #expect(fixture.fetchCount == 3)
            #expect(fixture.cache.refreshDue() == 3_600_000_000_000)
            try fixture.ask(key)
            #expect(fixture.fetchCount == 3)
            #expect(fixture.cache.refreshDue() == 1_800_000_000_000)
        }
    }

    @Test func aRefreshThatFailsLeavesTheReplyAndBacksOff() async throws {
        try await onThread {
            let fixture = CacheFixture()
            let key = try CacheFixture.key()
            let isDown = Guarded(false)
            let provider: CredentialCache.Fetch = { _ throws(Failure) in
                if isDown.withLock({ $0 }) {
                    throw Failure(.unavailable, attempting: "asking", reason: "down", retryAfter: .seconds(70))
                }
                return CacheFixture.reply()
            }
            try fixture.ask(key, provider: provider)
            fixture.waitForFetches()
            isDown.withLock { $0 = true }
            fixture.clocks.advance(by: .seconds(2880))
            _ = fixture.cache.refreshDue()
            fixture.waitForFetches()
            #expect(fixture.cache.counts.providers["aws-ecr-key"]?.failures == 1)
            #expect(try fixture.ask(key, provider: provider).passwords == ["one"])
            #expect(fixture.cache.refreshDue() == 70_000_000_000)
            fixture.clocks.advance(by: .seconds(70))
            _ = fixture.cache.refreshDue()
            fixture.waitForFetches()
            #expect(fixture.fetchCount == 3)
            #expect(fixture.cache.refreshDue() == 70_000_000_000)
            #expect(try fixture.ask(key, provider: provider).passwords == ["one"])
        }
    }

    @Test func aSuspendedMachineFindsItsRefreshDue() async throws {
        try await onThread {
            let fixture = CacheFixture()
            try fixture.ask(try CacheFixture.key())
            fixture.waitForFetches()
            fixture.clocks.suspend(for: .seconds(3000))
            _ = fixture.cache.refreshDue()
            fixture.waitForFetches()
            #expect(fixture.fetchCount == 2)
        }
    }

    @Test func theThreadRefreshesAndEndsWithTheCache() async throws {
        try await onThread {
            let fixture = CacheFixture()
            let asked = Guarded(0)
            let isRefreshed = Cancellation()
            try fixture.ask(try CacheFixture.key()) { _ throws(Failure) in
                if asked.withLock({ count in
                    count += 1; return count
                }) == 2 {
                    isRefreshed.cancel()
                }
                return CacheFixture.reply()
            }
            fixture.waitForFetches()
            fixture.clocks.advance(by: .seconds(2880))
            let scheduler = try RefreshScheduler(cache: fixture.cache)
            #expect(Cancellation.wait(forAnyOf: [isRefreshed], atMost: 30_000_000_000))
            #expect(fixture.cache.close(until: SystemClocks().monotonicNanoseconds + 30_000_000_000))
            scheduler.join()
        }
    }

    @Test func aClosedCacheCancelsItsFetchesAndAnswersNobody() async throws {
        try await onThread {
            let fixture = CacheFixture()
            let key = try CacheFixture.key()
            let hasBegun = Cancellation()
            let callers = try fixture.together(1) { _ throws(Failure) in
                try fixture.ask(key) { call throws(Failure) in
                    hasBegun.cancel()
                    _ = Cancellation.wait(forAnyOf: [call.cancellation], atMost: .max)
                    throw Failure(.cancelled, attempting: "asking", reason: "cancelled")
                }
            }
            _ = Cancellation.wait(forAnyOf: [hasBegun], atMost: .max)
            #expect(fixture.cache.close(until: SystemClocks().monotonicNanoseconds + 30_000_000_000))
            #expect(callers.join().failures.map(\.code) == [.cancelled])
            #expect(throws: Failure.self) { try fixture.ask(key) }
            #expect(fixture.fetchCount == 1)
        }
    }
}
