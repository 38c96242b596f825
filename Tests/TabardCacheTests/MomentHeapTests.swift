@testable import TabardCache
import TabardTestSupport
import Testing

/// The order of what is due.
@Suite struct MomentHeapTests {
    @Test(arguments: 0..<20 as Range<UInt64>) func `after any changes the first is the earliest, and none is lost`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var heap = MomentHeap()
        var model: [Int: Int64] = [:]
        for _ in 0..<2000 {
            let id = Int.random(in: 0..<200, using: &random)
            let moment: Int64? = Int.random(in: 0..<3, using: &random) == 0 ? nil : Int64.random(in: 0..<50, using: &random)
            heap.set(id, to: moment)
            model[id] = moment
            #expect(heap.first?.moment == model.values.min() && heap.count == model.count)
            #expect(heap.first.map { model[$0.id] == $0.moment } ?? model.isEmpty)
            #expect(heap.moment(of: id) == moment)
        }
        var left: [Int64] = []
        while let first = heap.first {
            left.append(first.moment)
            heap.set(first.id, to: nil)
        }
        #expect(left == model.values.sorted())
    }

    @Test func `a change among many moves few`() {
        // 17 levels for 100,000: a change that walked over all of them would show in this number of steps, not in a time.
        var heap = MomentHeap()
        for id in 0..<100_000 { heap.set(id, to: Int64(id)) }
        let before = heap.moves
        for id in 0..<1000 { heap.set(id * 97, to: Int64(100_000 - id)) }
        #expect(heap.moves - before <= 1000 * 17)
    }
}
