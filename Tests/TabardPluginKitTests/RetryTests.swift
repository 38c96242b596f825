import TabardCore
import TabardJSON
import TabardPluginKit
import TabardTestSupport
import Testing

@Suite struct RetryTests {
    @Test(arguments: try Fixtures.json("plugin-kit/retry-after.json").elements)
    func `Retry-After is believed as far as the case says`(_ node: JSONNode) throws {
        let now = try #require(UTCTime(rfc3339: try node.requireString("now")))
        let delay = RetryAfter.delay(of: try node.requireString("header"), now: now)
        #expect(delay == node["wait_s"]?.int64.map { .seconds($0) }, "\(node["note"]?.string ?? "")")
    }

    @Test func `delays double up to the cap and are drawn from zero on`() {
        let most = RetryBudget(attempts: 9, base: .milliseconds(100), cap: .seconds(1), random: { 1 })
        #expect((0..<6).map { most.delay(after: $0, retryAfter: nil) } == [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
        let half = RetryBudget(attempts: 9, base: .milliseconds(100), cap: .seconds(1), random: { 0.5 })
        #expect(half.delay(after: 1, retryAfter: nil) == .milliseconds(100))
        let least = RetryBudget(random: { 0 })
        #expect(least.delay(after: 3, retryAfter: nil) == .zero)
        #expect(least.delay(after: 3, retryAfter: .seconds(7)) == .seconds(7))
        #expect(most.delay(after: 3, retryAfter: .zero) == .milliseconds(800))
        #expect(RetryBudget(random: { 17 }).delay(after: 0, retryAfter: nil) == .milliseconds(200))
    }

    @Test func `what is transient is tried again until it succeeds`() throws {
        let host = FakePluginHost { _ throws(Failure) in throw Failure(.unavailable, attempting: "x", reason: "y") }
        let result = try RetryBudget(random: { 1 }).run(host.call) { (number) throws(Failure) in
            if number < 2 { throw Failure(number == 0 ? .unavailable : .timedOut, attempting: "x", reason: "y") }
            return number
        }
        #expect(result == 2)
        #expect(host.sleeps == [.milliseconds(200), .milliseconds(400)])
        #expect(host.lines.count == 2)
    }

    @Test(arguments: [Failure.Code.denied, .invalid, .badResponse, .cancelled, .notFound])
    func `what waiting does not mend is thrown at once`(code: Failure.Code) {
        let host = FakePluginHost { _ in PluginHTTPResponse(status: 200) }
        #expect(attempts(host, throwing: Failure(code, attempting: "x", reason: "y")).count == 1)
        #expect(host.sleeps.isEmpty)
    }

    @Test func `the number of attempts is bounded`() {
        let host = FakePluginHost { _ in PluginHTTPResponse(status: 200) }
        let (count, failure) = attempts(host, throwing: Failure(.unavailable, attempting: "x", reason: "last"))
        #expect(count == 4)
        #expect(failure?.reason == "last")
    }

    @Test func `no delay reaches past the deadline`() {
        let host = FakePluginHost(timeLimit: .seconds(10)) { _ in PluginHTTPResponse(status: 200) }
        let (count, failure) = attempts(host, throwing: Failure(.unavailable, attempting: "x", reason: "y", retryAfter: .seconds(10)))
        #expect(count == 1)
        #expect(failure?.retryAfter == .seconds(10))
        #expect(host.sleeps.isEmpty)
    }

    @Test func `a caller that gave up is not made to wait`() {
        let host = FakePluginHost { _ in PluginHTTPResponse(status: 200) }
        host.cancel()
        #expect(attempts(host, throwing: Failure(.unavailable, attempting: "x", reason: "y")).count == 1)
    }

    @Test func `an answer says how long to leave its server alone`() {
        let now = UTCTime(unixNanoseconds: 0)
        #expect(PluginHTTPResponse(status: 429, headers: [("Retry-After", "2")]).retryAfter(now: now) == .seconds(2))
        #expect(PluginHTTPResponse(status: 429).retryAfter(now: now) == nil)
    }

    private func attempts(_ host: FakePluginHost, throwing failure: Failure) -> (count: Int, failure: Failure?) {
        var count = 0
        do throws(Failure) {
            try RetryBudget(random: { 1 }).run(host.call) { (_) throws(Failure) in
                count += 1
                throw failure
            }
            return (count, nil)
        } catch {
            return (count, error)
        }
    }
}
