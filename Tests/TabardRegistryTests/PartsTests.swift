import TabardTestSupport
import Testing

@testable import TabardRegistry

/// How a blob is divided among connections, and among how many.
@Suite struct PartsTests {
    @Test(arguments: 0..<50 as Range<UInt64>)
    func `ranges are what their bytes are`(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        var bytes = [Bool](repeating: false, count: 40)
        var ranges = ByteRanges(prefix: 0)
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let start = Int.random(in: 0..<40, using: &random)
            let end = Int.random(in: start...min(40, start + 9), using: &random)
            ranges.insert(Int64(start)..<Int64(end))
            for index in start..<end { bytes[index] = true }
        }
        #expect(ranges.count == Int64(bytes.count { $0 }))
        #expect(ranges.prefix == Int64(bytes.prefix { $0 }.count))
        let gaps = ranges.gaps(before: 40)
        for index in 0..<40 {
            #expect(ranges.parts.contains { $0.contains(Int64(index)) } == bytes[index])
            #expect(gaps.contains { $0.contains(Int64(index)) } == !bytes[index])
        }
        for (one, next) in zip(ranges.parts, ranges.parts.dropFirst()) { #expect(one.upperBound < next.lowerBound) }
        #expect(ByteRanges(map: ranges.map, size: 40) == ranges)
    }

    @Test func `a map that was not written by us is none`() {
        var ranges = ByteRanges(prefix: 10)
        ranges.insert(20..<30)
        let map = ranges.map
        #expect(ByteRanges(map: map, size: 30) == ranges)
        // Of a smaller blob, cut, with another mark, with ranges that overlap or are turned round.
        #expect(ByteRanges(map: map, size: 29) == nil)
        #expect(ByteRanges(map: Array(map.dropLast()), size: 30) == nil)
        #expect(ByteRanges(map: [], size: 30) == nil)
        for (index, byte) in [(0, 1), (32, 9), (40, 20), (8, 255), (15, 255)] as [(Int, UInt8)] {
            var other = map
            other[index] = byte
            #expect(ByteRanges(map: other, size: 30) == nil, "byte \(index)")
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `every missing byte is fetched by one connection, whoever gives up`(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        let size = Int64.random(in: 1...3000, using: &random)
        var here = ByteRanges(prefix: Int64.random(in: 0..<size, using: &random))
        let middle = Int64.random(in: 0..<size, using: &random)
        here.insert(middle..<min(size, middle + 100))
        var fetched = here
        var queue = PartQueue(missing: here.gaps(before: size), PartQueue.Sizes(minimum: 8, maximum: 64))
        var parts: [PartQueue.Part] = []
        while fetched.count < size {
            #expect(queue.remaining == size - fetched.count)
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                if parts.count < 4, let part = queue.claim(sharing: parts.count + 1) { parts.append(part) }
            case 1:
                if let part = parts.randomElement(using: &random) {
                    queue.release(part.number)
                    parts.removeAll { $0 == part }
                }
            default:
                guard let part = parts.randomElement(using: &random) else { continue }
                let range = queue.take(Int.random(in: 1...20, using: &random), of: part.number)
                #expect(part.range.contains(range.lowerBound) || range.isEmpty)
                // Nothing comes twice.
                #expect(fetched.gaps(before: size).contains { $0.clamped(to: range) == range } || range.isEmpty)
                fetched.insert(range)
                guard queue.rest(of: part.number).isEmpty else { continue }
                queue.release(part.number)
                parts.removeAll { $0 == part }
            }
        }
        for part in parts { queue.release(part.number) }
        #expect(queue.remaining == 0 && !queue.hasWaiting && !queue.hasActive)
    }

    @Test func `one connection gets everything, and the next one takes from its end`() {
        var queue = PartQueue(missing: [0..<1000], PartQueue.Sizes(minimum: 10, maximum: 100))
        #expect(queue.claim(sharing: 1)?.range == 0..<1000)
        #expect(queue.take(20, of: 1) == 0..<20)
        // An eighth of what is left of 980 is over the maximum.
        #expect(queue.claim(sharing: 2)?.range == 120..<220)
        #expect(queue.rest(of: 1) == 20..<120)
        #expect(queue.take(1000, of: 1) == 20..<120)
    }

    private static let rules = ConnectionGrowth.Rules(window: 1000, windowBytes: 10, ceiling: 1e12, gain: 1.25, limit: 4)

    /// Feeds rates, in bytes a nanosecond by number of connections, and returns the number that comes of it.
    private func settled(_ rules: ConnectionGrowth.Rules = rules, _ rate: (Int) -> Int64) -> Int {
        var growth = ConnectionGrowth(rules)
        var bytes: Int64 = 0
        for time in stride(from: 0 as Int64, to: 20_000, by: 100) {
            growth.observe(bytes, at: time, over: growth.wanted)
            bytes += 100 * rate(growth.wanted)
        }
        return growth.wanted
    }

    @Test func `connections are added while they bring more`() {
        #expect(settled { Int64($0) * 50 } == 4)
        // The line is the limit.
        #expect(settled { _ in 100 } == 1)
        // It takes two connections to fill it.
        #expect(settled { Int64(min($0, 2)) * 50 } == 2)
        // One connection is fast already.
        var rules = Self.rules
        rules.ceiling = 50e9
        #expect(settled(rules) { Int64($0) * 50 } == 1)
        rules.limit = 1
        #expect(settled(rules) { Int64($0) * 5 } == 1)
    }

    @Test func `nothing is measured before all connections give bytes, or over too little`() {
        var growth = ConnectionGrowth(Self.rules)
        growth.observe(0, at: 0, over: 1)
        growth.observe(9, at: 5000, over: 1)
        #expect(growth.wanted == 1)
        growth.observe(50, at: 6000, over: 1)
        #expect(growth.wanted == 2)
        // For as long as the second has not begun, its lack says nothing.
        for time in stride(from: 7000 as Int64, to: 20_000, by: 1000) { growth.observe(60, at: time, over: 1) }
        #expect(growth.wanted == 2)
        growth.postpone(at: 1)
        #expect(growth.wanted == 1)
        growth.settle(at: 1)
        for time in stride(from: 20_000 as Int64, to: 40_000, by: 1000) { growth.observe(time, at: time, over: 1) }
        #expect(growth.wanted == 1)
    }
}
