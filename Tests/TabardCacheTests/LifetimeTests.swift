import TabardCache
import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

/// How long a reply is served, by which clock.
@Suite struct LifetimeTests {
    let fixture = CacheFixture()

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var duration: Duration?
        /// Seconds from the arrival on.
        var expires: Int64?
        /// How long it is served, in seconds.
        let kept: Int64
        /// How long the caller may hand it on, in seconds; `kept` where nobody knows the end.
        var told: Int64?
        /// A part of the warning, or nil for none.
        var warning: String?
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "as asked", duration: .seconds(600), kept: 600),
        Case(name: "zero is not kept", duration: .zero, kept: 0),
        Case(name: "negative is not kept", duration: .seconds(-300), kept: 0, warning: "negative lifetime"),
        Case(name: "microseconds are a slip", duration: .nanoseconds(21_600), kept: 300, warning: "wrong unit"),
        Case(
            name: "microseconds are a slip, and the expiry tells", duration: .nanoseconds(21_600), expires: 7200, kept: 7170, told: 6300,
            warning: "unit"),
        Case(name: "over a day", duration: .seconds(90_000), kept: 86_400, warning: "more than 24h0m0s"),
        Case(name: "far over a day", duration: .seconds(Int64.max / 1_000_000_000 * 2), kept: 86_400, warning: "more than"),
        Case(name: "an expiry far away is no mistake", expires: 31_536_000, kept: 86_400),
        Case(name: "an expiry leaves time to be presented", expires: 3600, kept: 3570, told: 2700),
        Case(name: "a near expiry leaves a tenth, of which half is handed on", expires: 100, kept: 90, told: 50),
        Case(name: "the earlier one counts", duration: .seconds(600), expires: 100, kept: 90, told: 50),
        Case(name: "the earlier one counts, the other way round", duration: .seconds(60), expires: 100, kept: 60, told: 50),
        Case(name: "expired on arrival", expires: -1, kept: 0, warning: "check the clock"),
        Case(name: "nothing said", kept: 300),
    ]

    @Test(arguments: cases) func `a lifetime is believed within reason`(_ test: Case) throws {
        let key = try CacheFixture.key()
        let expires = test.expires.map { UTCTime(unixNanoseconds: fixture.clocks.unixNanoseconds + $0 * 1_000_000_000) }
        let provider: CredentialCache.Fetch = { _ throws(Failure) in CacheFixture.reply(duration: test.duration, expires: expires) }
        #expect(try fixture.ask(key, provider: provider).duration == .seconds(test.told ?? test.kept))
        let warnings = fixture.log.filter { $0.hasPrefix("W") }
        #expect(warnings.count == (test.warning == nil ? 0 : 1))
        if let warning = test.warning { #expect(warnings.first?.contains(warning) == true, "\(warnings)") }
        #expect(warnings.first?.contains("aws-ecr-key") ?? true)

        // Served to the last nanosecond, and no longer.
        let down: CredentialCache.Fetch = { _ throws(Failure) in throw Failure(.unavailable, attempting: "asking", reason: "down") }
        if test.kept > 0 {
            fixture.clocks.advance(by: .seconds(test.kept) - .nanoseconds(1))
            #expect(try fixture.ask(key, provider: down).passwords == ["one"])
            fixture.waitForFetches()
            fixture.clocks.advance(by: .nanoseconds(1))
        }
        #expect(throws: Failure.self) { try fixture.ask(key, provider: down) }
    }

    @Test func `never served at its end or after it`() throws {
        let key = try CacheFixture.key()
        try fixture.ask(key)
        fixture.clocks.advance(by: .seconds(3600))
        #expect(try fixture.ask(key) { _ throws(Failure) in CacheFixture.reply("two") }.passwords == ["two"])
    }

    @Test func `sleep of the machine counts, steps of the wall clock do not`() throws {
        let key = try CacheFixture.key()
        let expires = UTCTime(unixNanoseconds: fixture.clocks.unixNanoseconds + 3_630_000_000_000)
        try fixture.ask(key) { _ throws(Failure) in CacheFixture.reply(duration: nil, expires: expires) }
        fixture.clocks.stepWallClock(by: .seconds(86_400))
        #expect(try fixture.ask(key).duration == .seconds(2730))
        fixture.clocks.stepWallClock(by: .seconds(-2 * 86_400))
        #expect(try fixture.ask(key).duration == .seconds(2730))
        #expect(fixture.fetchCount == 1)
        fixture.clocks.suspend(for: .seconds(3600))
        try fixture.ask(key)
        #expect(fixture.fetchCount == 2)
    }

    @Test func `ahead of its end a reply is served at once and fetched anew once`() throws {
        let key = try CacheFixture.key()
        let gate = Gate()
        try fixture.ask(key)
        fixture.clocks.advance(by: .seconds(2880))
        for _ in 0..<5 {
            let reply = try fixture.ask(key) { _ throws(Failure) in
                gate.pass()
                return CacheFixture.reply("two")
            }
            #expect(reply.passwords == ["one"])
            #expect(reply.duration == .seconds(720))
        }
        gate.open()
        fixture.waitForFetches()
        #expect(try fixture.ask(key).passwords == ["two"])
        #expect(fixture.fetchCount == 2)
    }

    @Test func `the provider may say when to ask again`() throws {
        let key = try CacheFixture.key()
        var reply = CacheFixture.reply()
        reply.refresh = UTCTime(unixNanoseconds: fixture.clocks.unixNanoseconds + 60_000_000_000)
        try fixture.ask(key) { [reply] _ throws(Failure) in reply }
        fixture.clocks.advance(by: .seconds(59))
        try fixture.ask(key)
        #expect(fixture.fetchCount == 1)
        fixture.clocks.advance(by: .seconds(1))
        try fixture.ask(key)
        fixture.waitForFetches()
        #expect(fixture.fetchCount == 2)
    }

    @Test func `what expires first makes room, and no more is held than allowed`() throws {
        var limits = CacheLimits()
        limits.slotCount = 4
        let fixture = CacheFixture(limits: limits)
        for index in 0..<8 {
            // The later, the shorter: 800 s, 700 s …
            try fixture.ask(try CacheFixture.key("r\(index).example/app")) { _ throws(Failure) in
                CacheFixture.reply(duration: .seconds(800 - 100 * index))
            }
        }
        #expect(fixture.fetchCount == 8)
        for index in 0..<4 { try fixture.ask(try CacheFixture.key("r\(index).example/app")) }
        #expect(fixture.fetchCount == 8, "the four that last longest are still there")
        try fixture.ask(try CacheFixture.key("r4.example/app"))
        #expect(fixture.fetchCount == 9)
    }

    @Test func `each miss and each refresh says one line, a hit none`() throws {
        let key = try CacheFixture.key()
        let line = "I Refreshing cache for provider: aws-ecr-key"
        try fixture.ask(key)
        try fixture.ask(key)
        #expect(fixture.log == [line])
        fixture.clocks.advance(by: .seconds(3600))
        try fixture.ask(key)
        #expect(fixture.log == [line, line])
    }

    @Test func `at verbosity 4 the line after it says why`() throws {
        let fixture = CacheFixture(verbosity: 4)
        let key = try CacheFixture.key()
        let entry = try #require(try fixture.ask(key).entries.first)
        fixture.clocks.advance(by: .seconds(1800))
        try fixture.ask(key)
        fixture.waitForFetches()
        #expect(fixture.cache.invalidate(entry, for: key))
        try fixture.ask(key)
        let line = "I Refreshing cache for provider: aws-ecr-key"
        let why = "I aws-ecr-key is asked about r.example/team/app: "
        #expect(fixture.log == [line, why + "miss", line, why + "early", line, why + "invalidated"])
    }
}
