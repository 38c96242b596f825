import TabardCore
import TabardTestSupport
import Testing

@Suite struct UTCTimeTests {
    @Test(
        arguments: [
            ("2015-08-30T12:36:00Z", 1_440_938_160, 0), ("1985-04-12T23:20:50.52Z", 482_196_050, 520_000_000),
            ("1996-12-19T16:39:57-08:00", 851_042_397, 0),
            ("1937-01-01T12:00:27.87+00:20", -1_041_337_173, 870_000_000), ("1990-12-31T23:59:60Z", 662_688_000, 0),
            ("2026-11-22t20:31:00z", 1_795_379_460, 0),
            ("2000-02-29T00:00:00.123456789999Z", 951_782_400, 123_456_789), ("1969-12-31T23:59:59.5Z", -1, 500_000_000),
            ("2026-01-01T00:00:00+23:59", 1_767_139_260, 0),
        ] as [(String, Int64, Int)])
    func `RFC 3339 is read`(text: String, seconds: Int64, nanosecond: Int) throws {
        let time = try #require(UTCTime(rfc3339: text))
        #expect(time.unixSeconds == seconds)
        #expect(time.nanosecond == nanosecond)
        #expect(UTCTime(rfc3339: time.rfc3339) == time)
    }

    @Test(arguments: [
        "", "2015-08-30", "2015-08-30 12:36:00Z", "2015-08-30T12:36:00", "2015-08-30T12:36Z", "2015-13-30T12:36:00Z",
        "2015-02-29T12:36:00Z", "1900-02-29T00:00:00Z",
        "2015-08-00T12:36:00Z", "2015-08-30T24:00:00Z", "2015-08-30T12:60:00Z", "2015-08-30T12:36:61Z", "2015-08-30T12:36:00.Z",
        "2015-08-30T12:36:00+0200",
        "2015-08-30T12:36:00+24:00", "2015-08-30T12:36:00Zx", "+2015-08-30T12:36:00Z", "2015-8-30T12:36:00Z", "20150830T123600Z",
        "２015-08-30T12:36:00Z",
    ])
    func `other texts are refused`(text: String) {
        #expect(UTCTime(rfc3339: text) == nil)
    }

    /// RFC 9110, section 5.6.7.
    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Wed, 25-Nov-26 00:00:00 GMT", nil),
            ("Wednesday, 25-Nov-26 00:00:00 GMT", 1_795_564_800),
            ("Wed Nov 25 00:00:00 2026", 1_795_564_800), ("Sun, 06 Nov 1994 08:49:37 UTC", nil), ("Sun, 6 Nov 1994 08:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 08:49:37 GMT ", nil), ("sun, 06 nov 1994 08:49:37 gmt", nil), ("Sun Nov 06 08:49:37 1994", 784_111_777),
            ("Sun, 31 Feb 2026 00:00:00 GMT", nil),
            ("120", nil), ("", nil), ("Sun", nil), ("Sunday, 06-Nov-94", nil),
        ] as [(String, Int64?)])
    func `HTTP dates are read in their three forms`(text: String, seconds: Int64?) {
        #expect(UTCTime(httpDate: text)?.unixSeconds == seconds)
    }

    @Test func `the forms that are sent`() throws {
        let time = try #require(UTCTime(year: 2015, month: 8, day: 30, hour: 12, minute: 36, second: 0))
        #expect(time.basicISO8601 == "20150830T123600Z")
        #expect(time.basicDate == "20150830")
        #expect(time.httpDate == "Sun, 30 Aug 2015 12:36:00 GMT")
        #expect(time.rfc3339 == "2015-08-30T12:36:00Z")
        #expect(time.adding(.milliseconds(20)).rfc3339 == "2015-08-30T12:36:00.02Z")
        #expect(UTCTime(unixSeconds: -86400).httpDate == "Wed, 31 Dec 1969 00:00:00 GMT")
    }

    @Test func `what does not fit becomes the nearest that does`() {
        #expect(UTCTime(unixSeconds: .max).unixNanoseconds == .max)
        #expect(UTCTime(unixSeconds: .min).unixNanoseconds == .min)
        #expect(UTCTime(rfc3339: "9999-12-31T23:59:59Z")?.unixNanoseconds == .max)
        #expect(UTCTime(rfc3339: "0001-01-01T00:00:00Z")?.unixNanoseconds == .min)
        #expect(UTCTime(unixNanoseconds: .max - 1).adding(.seconds(1)).unixNanoseconds == .max)
        #expect(UTCTime(unixNanoseconds: .min + 1).adding(.seconds(-1)).unixNanoseconds == .min)
        // The ends can still be printed.
        #expect(UTCTime(unixNanoseconds: .max).rfc3339 == "2262-04-11T23:47:16.854775807Z")
        #expect(UTCTime(unixNanoseconds: .min).rfc3339 == "1677-09-21T00:12:43.145224192Z")
        #expect(
            UTCTime(unixNanoseconds: .max).duration(since: UTCTime(unixNanoseconds: .min)) == .nanoseconds(Int64.max)
                + .nanoseconds(Int64.max) + .nanoseconds(1))
    }

    @Test func `calendar and number go back and forth`() {
        var random = SplitMix(seed: 5)
        for _ in 0..<5000 {
            let time = UTCTime(unixSeconds: Int64.random(in: -9_000_000_000...9_000_000_000, using: &random))
            let again = UTCTime(
                year: time.year, month: time.month, day: time.day, hour: time.hour, minute: time.minute, second: time.second)
            #expect(again == time)
            #expect(UTCTime(httpDate: time.httpDate) == time)
            #expect(UTCTime(rfc3339: time.rfc3339) == time)
        }
    }
}
