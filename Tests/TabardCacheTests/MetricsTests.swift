@testable import TabardCache
import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

/// The numbers of a cache, and the text that they are told in.
@Suite struct MetricsTests {
    let fixture = CacheFixture()
    let down: CredentialCache.Fetch = { _ throws(Failure) in throw Failure(.unavailable, attempting: "asking", reason: "down") }

    @Test func `hits, misses, stale answers, failures and saved questions are counted each once`() throws {
        let key = try CacheFixture.key()
        let gate = Gate()
        let callers = try fixture.together(4) { [fixture] _ throws(Failure) in
            try fixture.ask(key) { _ throws(Failure) in
                gate.pass()
                fixture.clocks.advance(by: .milliseconds(30))
                return CacheFixture.reply()
            }
        }
        fixture.cache.wait { _, waiters in waiters == 4 }
        gate.open()
        _ = callers.join()
        for _ in 0..<5 { try fixture.ask(key) }
        try fixture.ask(try CacheFixture.key("public.example/a")) { _ throws(Failure) in ProviderReply() }
        let other = try CacheFixture.key("other.example/a")
        for _ in 0..<3 { #expect(throws: Failure.self) { try fixture.ask(other, provider: down) } }
        fixture.clocks.advance(by: .seconds(3000))
        try fixture.ask(key, provider: down)
        fixture.waitForFetches()
        try fixture.ask(key, provider: down)

        let counts = fixture.cache.counts
        #expect(counts.misses == 6 && counts.joined == 3)
        #expect(counts.hits == 7 && counts.staleServed == 1)
        #expect(counts.failuresServed == 2)
        #expect(counts.refreshes == 1)
        let provider = try #require(counts.providers["aws-ecr-key"])
        #expect(provider.fetches == 4)
        #expect(provider.outcomes == ["answered": 1, "empty": 1, "unavailable": 2] && provider.failures == 2)
        #expect(provider.latency.count == 4 && provider.latency.sumNanoseconds == 30_000_000)
        #expect(provider.latency.counts[0] == 3 && provider.latency.counts[3] == 1)
        // 15 questions in all, of which 4 reached the provider.
        #expect(counts.hits + counts.misses + counts.failuresServed == 15 && counts.savedFetches == 11)
        #expect(counts.entries == [.stale: 1] && counts.held == 1)
    }

    @Test func `a time falls into the first bucket whose bound it does not pass`() {
        var histogram = LatencyHistogram()
        for time: Int64 in [-1, 0, 5_000_000, 5_000_001, 60_000_000_000, 60_000_000_001] { histogram.add(nanoseconds: time) }
        #expect(histogram.counts == [3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
        #expect(histogram.count == 6 && histogram.sumNanoseconds == 120_010_000_002)
    }

    @Test func `Prometheus' own parser reads every family, also with labels that would break a line`() throws {
        let key = CacheKey(
            provider: "a\"b\\c\nd", request: ProviderRequest(image: try ImageReference("r.example/app")))
        try fixture.ask(key) { [fixture] _ throws(Failure) in
            fixture.clocks.advance(by: .milliseconds(1234))
            return CacheFixture.reply()
        }
        try fixture.ask(key)
        var text = OpenMetricsText()
        fixture.cache.counts.add(to: &text)
        text.info("tabard_build", "What runs.", [("version", "1.2.3")])
        var oracle = "", answers: [String] = []
        for line in text.ended.split(separator: "\n") { oracle += line.replacing("\\", with: "\\\\") + "\\n" }
        answers = try PythonOracle("openmetrics.py").answers(to: [oracle])
        let expected = [
            "tabard_build_info{version=1.2.3} 1", "tabard_cache_hits_total 1", "tabard_cache_misses_total 1",
            "tabard_cache_entries{state=fresh} 1", "tabard_cache_entries{state=stale} 0", "tabard_cache_saved_questions 1",
            "tabard_provider_questions_total{provider=a\"b\\c\nd} 1",
            "tabard_provider_answers_total{provider=a\"b\\c\nd,outcome=answered} 1",
            "tabard_provider_latency_seconds_bucket{provider=a\"b\\c\nd,le=1.0} 0",
            "tabard_provider_latency_seconds_bucket{provider=a\"b\\c\nd,le=2.5} 1",
            "tabard_provider_latency_seconds_sum{provider=a\"b\\c\nd} 1.234",
        ]
        for sample in expected.map({ $0.replacing("\n", with: "\\n") }) {
            #expect(answers[0].split(separator: "\t").contains { $0 == sample }, "\(sample) is not among \(answers)")
        }
    }
}
