import TabardSystem
import Testing

@Suite struct MonitorTests {
    @Test func `a waiter sees what another thread changed`() throws {
        let monitor = Monitor(0)
        let threads = try (0..<4).map { _ in try WorkerThread { for _ in 0..<1000 { monitor.update { $0 += 1 } } } }
        let seen = monitor.wait(until: nil) { $0 == 4000 ? $0 : nil }
        threads.forEach { $0.join() }
        #expect(seen == 4000)
    }

    @Test func `one wake for each thing to take is enough, also for takers that wake nobody`() throws {
        let monitor = Monitor((left: 0, taken: 0))
        let limit = SystemClocks().monotonicNanoseconds + 300_000_000_000
        let takers = try (0..<4).map { _ in
            try WorkerThread {
                for _ in 0..<500 {
                    let took = monitor.wait(until: limit, tellsOthers: false) { state -> Bool? in
                        guard state.left > 0 else { return nil }
                        state.left -= 1
                        state.taken += 1
                        return true
                    }
                    if took == nil { return }
                }
            }
        }
        for _ in 0..<2000 { monitor.updateForOne { $0.left += 1 } }
        takers.forEach { $0.join() }
        #expect(monitor.read { $0.taken } == 2000)
    }

    @Test func `a deadline that has passed ends the wait`() {
        let monitor = Monitor(false)
        let seen: Int? = monitor.wait(until: SystemClocks().monotonicNanoseconds - 1) { $0 ? 1 : nil }
        #expect(seen == nil)
    }
}
