import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardAgent

@Suite struct ConnectionPoolTests {
    private let folder = TemporaryFolder()
    /// Long: the threads that tests share may be busy for a while.
    private static let patience: Int64 = 300_000_000_000

    /// A pool that echoes, each connection when `gate` is open.
    private func pool(limit: Int, gate: Monitor<Bool>, seen: Monitor<Int>) throws -> ConnectionPool {
        let listener = try SocketListener.listen(at: folder.path("s"), mode: 0o600)
        return try ConnectionPool(listener, limit: limit, log: .silent) { connection in
            seen.update { $0 += 1 }
            let end = SystemClocks().monotonicNanoseconds + Self.patience
            _ = gate.wait(until: end) { $0 ? true : nil }
            var bytes: [UInt8] = []
            _ = try? connection.receive(until: end) { bytes += $0 }
            _ = bytes.withUnsafeBytes { try? connection.writeAll($0, until: end) }
        }
    }

    private static func ask(_ path: String, _ text: String) throws -> String {
        let end = SystemClocks().monotonicNanoseconds + Self.patience
        let connection = try UnixConnection.connect(to: path, until: end)
        try Array(text.utf8).withUnsafeBytes { try connection.writeAll($0, until: end) }
        var answer: [UInt8] = []
        while try connection.receive(until: end, { answer += $0 }) {}
        return String(decoding: answer, as: UTF8.self)
    }

    /// Clients that have begun when this returns.
    private func clients(_ count: Int) throws -> [Background<String>] {
        let path = folder.path("s")
        return try (0..<count).map { number in try Background { try Self.ask(path, "\(number)") } }
    }

    private static func answers(to clients: [Background<String>]) async throws -> [String] {
        try await onThread { try clients.map { try $0.value() } }
    }

    @Test func `everybody is served, however many come at once, and idle threads end`() async throws {
        let pool = try pool(limit: 512, gate: Monitor(true), seen: Monitor(0))
        let answers = try await Self.answers(to: try clients(200))
        #expect(Set(answers) == Set((0..<200).map { "\($0)" }))
        pool.stop()
    }

    @Test func `above the limit who comes waits for one who goes`() async throws {
        let (gate, seen) = (Monitor(false), Monitor(0))
        let pool = try pool(limit: 3, gate: gate, seen: seen)
        let clients = try clients(20)
        try await onThread { _ = seen.wait(until: SystemClocks().monotonicNanoseconds + Self.patience) { $0 == 3 ? true : nil } }
        #expect(seen.read { $0 } == 3 && pool.threadCount == 3)
        gate.update { $0 = true }
        #expect(Set(try await Self.answers(to: clients)) == Set((0..<20).map { "\($0)" }))
        #expect(pool.threadCount <= 3)
        pool.stop()
    }

    @Test func `a pool that has stopped takes nobody, and who was there is served`() async throws {
        let (gate, seen) = (Monitor(false), Monitor(0))
        let pool = try pool(limit: 8, gate: gate, seen: seen)
        let first = try clients(1)
        try await onThread { _ = seen.wait(until: SystemClocks().monotonicNanoseconds + Self.patience) { $0 == 1 ? true : nil } }
        pool.stop()
        // The kernel takes the connection; nobody looks at it.
        let end = SystemClocks().monotonicNanoseconds + Self.patience
        _ = try UnixConnection.connect(to: folder.path("s"), until: end).number
        gate.update { $0 = true }
        #expect(try await Self.answers(to: first) == ["0"])
        #expect(seen.read { $0 } == 1)
    }
}
