@testable import TabardCache
import TabardCore
import Testing

/// When to ask again: the rules alone.
@Suite struct PolicyTests {
    private func policy(_ jitter: RefreshJitter) -> RefreshPolicy { RefreshPolicy(limits: .standard, jitter: jitter) }
    private let second: Int64 = 1_000_000_000

    @Test(
        arguments: [
            // lifetime, reserve, earliest, latest; in seconds
            (43_200, 900, 21_600, 32_400), (10_800, 900, 5400, 8100), (3600, 900, 1800, 2520), (1800, 900, 648, 810), (100, 50, 36, 45),
            (43_200, 0, 21_600, 32_400), (300, 0, 150, 225), (0, 0, 0, 0),
        ] as [(Int64, Int64, Int64, Int64)])
    func `a refresh comes before the reserve begins, and spreads over what is before it`(
        lifetime: Int64, reserve: Int64, earliest: Int64, latest: Int64
    ) {
        var (first, last) = (policy(.share(0)), policy(.share(1)))
        #expect(first.refreshDelay(lifetime: lifetime * second, reserve: reserve * second) == earliest * second)
        #expect(last.refreshDelay(lifetime: lifetime * second, reserve: reserve * second) == latest * second)
    }

    @Test func `nodes that started together are spread evenly, each by its own number`() {
        var delays: [Int64] = []
        for node in 0..<10_000 as Range<UInt64> {
            var policy = policy(.seeded(node))
            delays.append(policy.refreshDelay(lifetime: 43_200 * second, reserve: 0))
            var again = self.policy(.seeded(node))
            #expect(again.refreshDelay(lifetime: 43_200 * second, reserve: 0) == delays[Int(node)])
        }
        // Each minute of the three hours has 55.6 of them on average; no minute has twice as many.
        var minutes: [Int64: Int] = [:]
        for delay in delays { minutes[delay / (60 * second), default: 0] += 1 }
        #expect(minutes.count == 180 && (minutes.values.max() ?? 0) < 111)
    }

    @Test func `waits after failures are drawn from their whole range, and never none`() {
        let failure = Failure(.unavailable, attempting: "asking", reason: "down")
        var policy = policy(.seeded(1))
        for failuresInARow in 1...30 {
            let range = min(60, 1 << min(failuresInARow, 20)) * second
            let draws = (0..<2000).map { _ in policy.retryDelay(after: failure, failuresInARow: failuresInARow, left: nil) }
            #expect(draws.allSatisfy { $0 >= second && $0 <= range })
            let (least, most) = (draws.min() ?? 0, draws.max() ?? 0)
            #expect(least < second + (range - second) / 50 && most > range - (range - second) / 50)
        }
    }

    @Test(
        arguments: [
            // asked for, seconds left of what is held (nil: nothing is), at least, at most
            (30, nil, 30, 60), (86_400, nil, 60, 75), (86_400, 7200, 3600, 4500), (600, 7200, 600, 750), (86_400, 30, 60, 75),
        ] as [(Int64, Int64?, Int64, Int64)])
    func `a wish to be left alone is kept to, within reason`(asked: Int64, left: Int64?, least: Int64, most: Int64) {
        let failure = Failure(.unavailable, attempting: "asking", reason: "busy", retryAfter: .seconds(asked))
        for seed in 0..<200 as Range<UInt64> {
            var policy = policy(.seeded(seed))
            let delay = policy.retryDelay(after: failure, failuresInARow: 1, left: left.map { $0 * second })
            #expect(delay >= least * second && delay <= most * second)
        }
    }
}
