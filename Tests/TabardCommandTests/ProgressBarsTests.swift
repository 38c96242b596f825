import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardCommand

@Suite struct ProgressBarsTests {
    private let clocks = FakeClocks()
    private let columns = Guarded(60)
    private let written = Guarded<[String]>([])

    private func bars() -> ProgressBars {
        ProgressBars(
            clocks: clocks, columns: { [columns] in columns.withLock { $0 } },
            write: { [written] text in written.withLock { $0.append(text) } })
    }

    private var last: String { written.withLock { $0.last ?? "" } }

    @Test func `each part has a bar, and all together rate and time to go`() {
        let bars = bars()
        bars.add("aaaaaaaaaaaa", size: 100 << 20)
        bars.add("bbbbbbbbbbbb", size: 100 << 20)
        bars.advance("aaaaaaaaaaaa", by: 10 << 20)
        #expect(last.hasPrefix("aaaaaaaaaaaa [=") && !last.contains("/s"))
        clocks.advance(by: .seconds(2))
        bars.advance("bbbbbbbbbbbb", by: 50 << 20)
        let lines = last.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].contains("50.0 MiB / 100.0 MiB"))
        #expect(lines[2].contains("60.0 MiB / 200.0 MiB  25.0 MiB/s  6s left"))
        #expect(lines.allSatisfy { $0.utf8.count < 60 + "\r\u{1B}[2A\u{1B}[J".utf8.count })
    }

    @Test func `they are drawn ten times a second at most`() {
        let bars = bars()
        bars.add("a", size: 1000)
        for _ in 0..<100 { bars.advance("a", by: 1) }
        #expect(written.withLock { $0.count } == 1)
    }

    @Test func `a terminal that became narrower is cleaned of the broken lines`() {
        let bars = bars()
        bars.add("a", size: 1000)
        bars.advance("a", by: 1)
        columns.withLock { $0 = 30 }
        clocks.advance(by: .seconds(1))
        bars.advance("a", by: 1)
        // Two lines of 59 columns are two rows each now.
        #expect(last.hasPrefix("\r\u{1B}[4A\u{1B}[J"))
        #expect(last.split(separator: "\n").dropFirst().allSatisfy { $0.utf8.count < 30 })
    }

    @Test func `a line that is said stands above the bars, and what is done has none`() {
        let bars = bars()
        bars.add("a", size: 10)
        bars.add("b", size: 0)
        bars.advance("a", by: 4)
        bars.say("hello")
        #expect(last.hasPrefix("\r\u{1B}[2A\u{1B}[Jhello\na "))
        bars.finish("a")
        bars.say("done")
        #expect(last == "\r\u{1B}[2A\u{1B}[Jdone\n")
        bars.clear()
        #expect(last.isEmpty)
    }

    @Test func `more bytes than promised fill the bar and no more`() {
        let bars = bars()
        bars.add("a", size: 10)
        bars.advance("a", by: 1000)
        #expect(last.contains("10 B / 10 B"))
    }
}
