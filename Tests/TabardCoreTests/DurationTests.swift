import TabardCore
import Testing

@Suite struct DurationTests {
    /// Nanoseconds, and what Go writes for them.
    @Test(
        arguments: [
            (0, "0s"), (1, "1ns"), (1100, "1.1µs"), (2_200_000, "2.2ms"), (3_300_000_000, "3.3s"), (245_000_000_000, "4m5s"),
            (245_001_000_000, "4m5.001s"),
            (18_367_001_000_000, "5h6m7.001s"), (480_000_000_001, "8m0.000000001s"), (21_583_000_000_000, "5h59m43s"),
            (43_200_000_000_000, "12h0m0s"),
            (.max, "2562047h47m16.854775807s"), (-1_500_000_000, "-1.5s"), (999_999_999, "999.999999ms"), (60_000_000_000, "1m0s"),
        ] as [(Int64, String)])
    func `durations are written and read as in Go`(nanoseconds: Int64, text: String) throws {
        #expect(GoDuration.format(.nanoseconds(nanoseconds)) == text)
        #expect(try GoDuration.parse(text) == .nanoseconds(nanoseconds))
    }

    @Test(
        arguments: [
            ("0", 0), ("+5s", 5_000_000_000), ("-5s", -5_000_000_000), (".5s", 500_000_000), ("5.s", 5_000_000_000),
            ("1h30m", 5_400_000_000_000), ("10us", 10_000),
            ("10\u{3BC}s", 10_000), ("3h3h", 21_600_000_000_000), ("0.3333333333333333333h", 1_200_000_000_000),
            ("1.0000000001s", 1_000_000_000), ("-0", 0),
            ("39h9m14.425s", 140_954_425_000_000), ("9223372036854775807ns", .max), ("0.100000000000000000000h", 360_000_000_000),
        ] as [(String, Int64)])
    func `other spellings that Go reads`(text: String, nanoseconds: Int64) throws {
        #expect(try GoDuration.parse(text) == .nanoseconds(nanoseconds))
    }

    @Test(arguments: [
        "", "3", "-", "+", "s", ".", "-.", ".s", "+.s", "1d", "5 s", "1.2.3s", "5s ", "1h-30m", "9223372036854775808ns", "2562048h",
        "99999999999999999999s", "１s", "0x1s",
    ])
    func `these are refused`(text: String) throws {
        let failure = try #require(throws: Failure.self) { try GoDuration.parse(text) }
        #expect(failure.code == .invalid)
    }

    @Test func `nanoseconds stop at the ends`() {
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
        #expect(Duration.seconds(Int64.min + 1).wholeNanoseconds == -.max)
        #expect(Duration.nanoseconds(-5).wholeNanoseconds == -5)
        #expect(Duration(secondsComponent: 1, attosecondsComponent: 999_999_999).wholeNanoseconds == 1_000_000_000)
        #expect(Int64.max.addingSaturated(.seconds(1)) == .max)
        #expect((Int64.min + 5).addingSaturated(.seconds(-1)) == .min)
        #expect(Int64(7).addingSaturated(.nanoseconds(-9)) == -2)
        #expect(Int64.max.addingSaturated(Int64(1)) == .max)
        #expect(Int64.min.addingSaturated(Int64(-1)) == .min)
        #expect(Int64.max.subtractingSaturated(-1) == .max)
        #expect(Int64(-2).subtractingSaturated(.max) == .min)
        #expect(Int64(0).subtractingSaturated(.min) == .max)
        #expect(Int64(7).subtractingSaturated(9) == -2)
    }
}
