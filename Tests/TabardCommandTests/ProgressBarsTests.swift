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

    @Test(arguments: [
        (70, "0 of 1       [======      ] 512.0 MiB / 1.0 GiB  256.0 MiB/s  2s left"),
        (60, "0 of 1       512.0 MiB / 1.0 GiB  256.0 MiB/s  2s left"),
        (50, "0 of 1       512.0 MiB / 1.0 GiB  2s left"),
        (40, "0 of 1       512.0 MiB / 1.0 GiB"),
        (33, "0 of 1       512.0 MiB / 1.0 GiB"),
        (32, "0 of 1       [======      ] 50%"),
        (20, "0 of 1       50%"),
    ])
    func `a narrow terminal gets less said, and nothing cut`(_ width: Int, _ expected: String) {
        columns.withLock { $0 = width }
        let bars = bars()
        bars.add("aaaaaaaaaaaa", size: 1 << 30)
        bars.advance("aaaaaaaaaaaa", by: 0)
        clocks.advance(by: .seconds(2))
        bars.advance("aaaaaaaaaaaa", by: 512 << 20)
        // Behind the sequence that goes back over what was there before.
        let erased = last.split(separator: "\u{1B}[J").last ?? ""
        let lines = erased.split(separator: "\n").map(String.init)
        #expect(lines.count == 2)
        #expect(lines.last == expected)
        #expect(lines.allSatisfy { $0.utf8.count < width })
    }

    @Test func `what was here before counts for what is left, and not for the rate`() {
        columns.withLock { $0 = 100 }
        let bars = bars()
        bars.add("a", size: 100 << 20)
        bars.advance("a", by: 0)
        bars.resume("a", at: 60 << 20)
        clocks.advance(by: .seconds(2))
        bars.advance("a", by: 20 << 20)
        #expect(last.contains("80.0 MiB / 100.0 MiB  10.0 MiB/s  2s left"), "\(last)")
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
