import TabardSystem
import TabardTestSupport
import Testing

@Suite struct NameResolverTests {
    /// Counts lookups, which end when the test says so.
    final class Lookups: Sendable {
        let count = Guarded(0)
        let mayEnd: Monitor<Bool>
        init(mayEnd: Bool) { self.mayEnd = Monitor(mayEnd) }
        func run() -> Result<[IPAddress], NameResolver.LookupError> {
            count.withLock { $0 += 1 }
            _ = mayEnd.wait(until: nil) { $0 ? true : nil }
            return .success([IPAddress("127.0.0.1")].compactMap { $0 })
        }
    }

    @Test func `keeps an answer for a minute`() async throws {
        let clocks = FakeClocks()
        let lookups = Lookups(mayEnd: true)
        let resolver = NameResolver { _ in lookups.run() }
        let limit = WaitLimit(deadline: .max, clocks: clocks)
        try await onThread {
            for _ in 0..<3 { _ = try resolver.addresses(of: "a.test", until: limit) }
            #expect(lookups.count.withLock { $0 } == 1)
            _ = try resolver.addresses(of: "b.test", until: limit)
            clocks.advance(by: .seconds(61))
            _ = try resolver.addresses(of: "a.test", until: limit)
        }
        #expect(lookups.count.withLock { $0 } == 3)
    }

    @Test func `looks one name up once for all who wait, and bounds the rest`() async throws {
        let lookups = Lookups(mayEnd: false)
        let resolver = NameResolver { _ in lookups.run() }
        let gone = Cancellation()
        gone.cancel()
        try await onThread {
            // Whoever gives up leaves the lookup running.
            for _ in 0..<3 {
                #expect(throws: NameResolver.LookupError.wait(.cancelled)) {
                    try resolver.addresses(of: "a.test", until: WaitLimit(deadline: .max, cancellation: gone))
                }
            }
            for number in 0..<40 {
                #expect(throws: number < 31 ? NameResolver.LookupError.wait(.cancelled) : .busy) {
                    try resolver.addresses(of: "\(number).test", until: WaitLimit(deadline: .max, cancellation: gone))
                }
            }
            lookups.mayEnd.update { $0 = true }
            let addresses = try resolver.addresses(of: "a.test", until: WaitLimit(deadline: .max))
            #expect(addresses.count == 1)
        }
        #expect(lookups.count.withLock { $0 } <= 33)
    }

    @Test func `resolves localhost with the system's resolver`() async throws {
        let addresses = try await onThread { try NameResolver().addresses(of: "localhost", until: WaitLimit(deadline: .max)) }
        #expect(addresses.contains { $0.isLoopback })
    }
}
