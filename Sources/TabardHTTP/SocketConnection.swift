import Glibc
import TabardSystem

/// One TCP connection of the socket transport, with or without TLS, and the buffer that its answers arrive in.
///
/// Used by one exchange at a time: whoever takes it out of the pool is alone with it until it is given back.
final class SocketConnection: @unchecked Sendable {
    static let bufferSize = 512 << 10

    private let socket: StreamSocket
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 1)
    private var used = 0
    private(set) var tls: TLSEngine?

    init(_ socket: consuming StreamSocket) { self.socket = socket }

    deinit {
        tls?.close(socket)
        wipe()
        buffer.deallocate()
    }

    /// Speaks TLS from here on.
    func start(_ engine: TLSEngine, until limit: WaitLimit) throws(ConnectionProblem) {
        try engine.handshake(over: socket, until: limit)
        tls = engine
    }

    /// Reads into the front of the buffer, at most `size` bytes. Nothing at the orderly end.
    func read(_ size: Int, until limit: WaitLimit) throws(ConnectionProblem) -> UnsafeRawBufferPointer {
        let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])
        let count: Int
        if let tls {
            count = try tls.read(into: target, from: socket, until: limit)
        } else {
            do { count = try socket.read(into: target, until: limit) } catch { throw .wait(error) }
        }
        used = max(used, count)
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    /// Writes all of `bytes`.
    func writeAll(_ bytes: UnsafeRawBufferPointer, until limit: WaitLimit) throws(ConnectionProblem) {
        if let tls { return try tls.writeAll(bytes, to: socket, until: limit) }
        do { try socket.writeAll(bytes, until: limit) } catch { throw .wait(error) }
    }

    /// Whether it is open with nothing to read: fit for another request.
    var isQuiet: Bool { tls.map { $0.isQuiet(socket) } ?? socket.isQuiet }

    /// Overwrites what answers have left.
    func wipe() {
        if let base = buffer.baseAddress { explicit_bzero(base, used) }
        used = 0
    }
}
