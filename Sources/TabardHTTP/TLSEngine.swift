import CTabardOpenSSL
import TabardSystem

/// TLS of one connection: turns what a socket carries into what the caller means and back. libssl never sees the socket, so that waiting,
/// deadlines and cancellation are those of every other connection.
///
/// Used by one thread at a time, as the connection it belongs to.
final class TLSEngine {
    /// More than a record (RFC 8446 section 5.2), so that one system call brings several.
    private static let networkBuffer = 64 << 10
    private static let maximumPlaintext = 16 << 10

    private let pointer: OpaquePointer
    /// What came from the network, encrypted.
    private let received = UnsafeMutableRawBufferPointer.allocate(byteCount: networkBuffer, alignment: 1)

    /// Whether what was outgoing went as a whole, so that more may follow it.
    private var isInStep = true

    /// Takes over `pointer`.
    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit {
        tabard_tls_free(pointer)
        received.deallocate()
    }

    /// Shakes hands, and checks the certificate and its name.
    func handshake(over socket: borrowing StreamSocket, until limit: WaitLimit) throws(ConnectionProblem) {
        while true {
            let outcome = tabard_tls_handshake(pointer)
            if outcome == TABARD_TLS_FAILED.rawValue {
                // Tells the server why, in an alert; whether that arrives changes nothing.
                let problem = problem
                try? send(over: socket, until: limit)
                throw problem
            }
            try send(over: socket, until: limit)
            if outcome == TABARD_TLS_DONE.rawValue { return }
            try receive(from: socket, until: limit)
        }
    }

    /// Reads at most `buffer.count` bytes, waiting for the first of them. 0 is the end that the server announced.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, from socket: borrowing StreamSocket, until limit: WaitLimit
    ) throws(ConnectionProblem) -> Int {
        do { try limit.check() } catch { throw .wait(error) }
        while true {
            var outcome: Int32 = 0
            let count = tabard_tls_read(pointer, buffer.baseAddress, buffer.count, &outcome)
            if count > 0 { return count }
            if outcome == TABARD_TLS_CLOSED.rawValue { return 0 }
            if outcome == TABARD_TLS_FAILED.rawValue { throw problem }
            // The answer to a change of keys, for example.
            try send(over: socket, until: limit)
            try receive(from: socket, until: limit)
        }
    }

    /// Writes all of `bytes`.
    func writeAll(
        _ bytes: UnsafeRawBufferPointer, to socket: borrowing StreamSocket, until limit: WaitLimit
    ) throws(ConnectionProblem) {
        var rest = bytes
        while !rest.isEmpty {
            let count = min(rest.count, Self.maximumPlaintext)
            guard tabard_tls_write(pointer, rest.baseAddress, count) == TABARD_TLS_DONE.rawValue else { throw problem }
            try send(over: socket, until: limit)
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Whether the connection is open with nothing to read. What TLS sends on its own, such as sessions, is not for the reader.
    func isQuiet(_ socket: borrowing StreamSocket) -> Bool {
        for _ in 0..<4 {
            guard tabard_tls_is_quiet(pointer) != 0 else { return false }
            if socket.isQuiet { return true }
            // There is something to read, the end or bytes, so this does not wait.
            guard (try? receive(from: socket, until: WaitLimit(deadline: .max))) != nil else { return false }
        }
        return false
    }

    /// Says that no more is coming (close_notify), without which the session would not be good for another connection.
    func close(_ socket: borrowing StreamSocket) {
        tabard_tls_close(pointer)
        guard isInStep else { return }
        let clocks = SystemClocks()
        // 31 bytes into the send buffer: where there is no room for them, the connection has other troubles.
        try? send(over: socket, until: WaitLimit(deadline: clocks.monotonicNanoseconds + 1_000_000, clocks: clocks))
    }

    /// The newest session that the server gave, once.
    func takeSession() -> TLSSession? { tabard_tls_take_session(pointer).map { TLSSession($0) } }

    private var problem: ConnectionProblem {
        .tls(verifyResult: tabard_tls_verify_result(pointer), text: tabard_tls_text(pointer).map { String(cString: $0) } ?? "")
    }

    private func send(over socket: borrowing StreamSocket, until limit: WaitLimit) throws(ConnectionProblem) {
        var count = 0
        let bytes = tabard_tls_outgoing(pointer, &count)
        if count == 0 { return }
        do {
            try socket.writeAll(UnsafeRawBufferPointer(start: bytes, count: count), until: limit)
        } catch {
            isInStep = false
            throw .wait(error)
        }
        tabard_tls_sent(pointer)
    }

    private func receive(from socket: borrowing StreamSocket, until limit: WaitLimit) throws(ConnectionProblem) {
        let count: Int
        do { count = try socket.read(into: received, until: limit) } catch { throw .wait(error) }
        if count == 0 { throw .cut }
        guard tabard_tls_give(pointer, received.baseAddress, count) == 0 else { throw .tls(verifyResult: 0, text: "no memory") }
    }
}
