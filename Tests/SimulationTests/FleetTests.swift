import TabardSimulation
import Testing

/// What the cache promises a fleet, on a clock of its own. `tabard-simulation` plays the large ones (`make test`, `make soak`).
@Suite struct FleetTests {
    @Test(arguments: 0..<6 as Range<UInt64>) func `a node keeps its promises through a week in which everything befalls it`(
        seed: UInt64
    ) throws {
        let plan = FleetPlan.life(seconds: 7 * 86_400, seed: seed)
        for strategy in [FleetPlan.Strategy.agent, .both] {
            let result = try Fleet(plan, strategy).play()
            #expect(result.problems.isEmpty, "\(result.problems)")
            #expect(result.pulls > 1000)
        }
    }

    @Test func `through a fleet's day nobody lacks what could be had, and no source is asked in bursts`() throws {
        let plan = FleetPlan.day(nodes: 40)
        let results = try FleetPlan.Strategy.allCases.map { try Fleet(plan, $0).play() }
        #expect(results.flatMap(\.problems).isEmpty, "\(results.flatMap(\.problems))")
        #expect(results[1].sources[0].peak < results[0].sources[0].peak)
        // The rival is simulated, not a straw man: it too pulls everything in the end, and its troubles are those that its users report.
        #expect(Set(results.map(\.pulls)).count == 1)
        #expect(results[0].lacked.revoked > 0 && results[0].mostAtOnce > 10)
    }

    @Test func `the same plan gives the same result, another seed another`() throws {
        let first = try Fleet(.day(nodes: 20), .agent).play()
        let second = try Fleet(.day(nodes: 20), .agent).play()
        let third = try Fleet(.day(nodes: 20, seed: 2), .agent).play()
        #expect(first.sources[0].series == second.sources[0].series && first.longestWait == second.longestWait)
        #expect(first.sources[0].series != third.sources[0].series)
    }

    @Test func `results together are sums, and hold no second by itself`() throws {
        let one = try Fleet(.day(nodes: 1), .agent).play()
        let two = try Fleet(.day(nodes: 1, seed: 2), .agent).play()
        let both = one.adding(two)
        #expect(both.pulls == one.pulls + two.pulls)
        #expect(both.sources[0].requests == one.sources[0].requests + two.sources[0].requests && one.sources[0].requests > 0)
        #expect(both.sources[0].peak == max(one.sources[0].peak, two.sources[0].peak))
        #expect(both.sources.allSatisfy { $0.series.isEmpty })
    }

    @Test func `a promise that is broken is told`() throws {
        var result = try Fleet(.day(nodes: 1), .agent).play()
        #expect(result.problems.isEmpty)
        result.presentedExpired = 1
        result.lacked.revoked = 1
        result.lacked.avoidable = 2
        result.outlived.avoidable = 3
        result.mostAtOnce = 4
        #expect(result.problems.count == 5)
    }
}
