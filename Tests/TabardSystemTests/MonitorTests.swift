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

    @Test func `a deadline that has passed ends the wait`() {
        let monitor = Monitor(false)
        let seen: Int? = monitor.wait(until: SystemClocks().monotonicNanoseconds - 1) { $0 ? 1 : nil }
        #expect(seen == nil)
    }
}
