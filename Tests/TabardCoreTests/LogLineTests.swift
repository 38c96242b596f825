import TabardCore
import Testing

@Suite struct LogLineTests {
    @Test func `a line has klog's header`() {
        let line = LogLine(level: .info(4), message: "Registering credential provider: aws-ecr-key", file: #fileID, line: 56)
        let time = UTCTime(unixNanoseconds: 1_795_379_460_123_456_789)
        #expect(
            line.klog(at: time, process: 4242)
                == "I1122 20:31:00.123456    4242 LogLineTests.swift:56] Registering credential provider: aws-ecr-key")
    }

    @Test func `what came from elsewhere cannot forge a second line`() {
        let line = LogLine(level: .error, message: "a\nE0101 b\u{1B}[2J", file: #fileID, line: 1)
        #expect(!line.klog(at: UTCTime(unixNanoseconds: 0), process: 1).contains("\n"))
    }

    @Test func `verbosity decides about information only`() {
        #expect(LogLevel.error.isKept(atVerbosity: -1))
        #expect(LogLevel.info(2).isKept(atVerbosity: 2))
        #expect(!LogLevel.info(4).isKept(atVerbosity: 2))
    }

    @Test(arguments: [
        (0, 1970, 1, 1, 0, 0, 0), (951_782_400, 2000, 2, 29, 0, 0, 0), (1_795_379_460, 2026, 11, 22, 20, 31, 0),
        (4_102_444_799, 2099, 12, 31, 23, 59, 59), (-1, 1969, 12, 31, 23, 59, 59),
    ])
    func `the calendar is right`(seconds: Int, year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        let time = UTCTime(unixNanoseconds: Int64(seconds) * 1_000_000_000)
        #expect([time.year, time.month, time.day] == [year, month, day])
        #expect([time.hour, time.minute, time.second] == [hour, minute, second])
    }
}
