import CTabardSystem
import Glibc

/// One connected stream socket of this machine that never blocks beyond a deadline. One owner; closed when the owner goes.
///
/// Deadlines are on CLOCK_MONOTONIC in nanoseconds; one that passes is ETIMEDOUT.
public struct UnixConnection: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    /// Takes over a connected, non-blocking stream socket.
    public init(owning descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    /// Connects to a socket in the file system; waits while its queue is full.
    public static func connect(to path: String, until deadline: Int64) throws(SystemError) -> UnixConnection {
        let address = try UnixAddress(path)
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError("socket", on: path) }
        let descriptor = FileDescriptor(owning: number)
        while address.withAddress({ Glibc.connect(number, $0, $1) }) != 0 {
            // EAGAIN: the queue of the listener is full. There is nothing to poll for.
            guard errno == EAGAIN || errno == EINTR else { throw SystemError("connect", on: path) }
            let left = deadline - SystemClocks().monotonicNanoseconds
            guard left > 0 else { throw SystemError("connect", on: path, number: ETIMEDOUT) }
            if errno == EAGAIN { poll(nil, 0, Int32(min(5, left / 1_000_000 + 1))) }
        }
        return UnixConnection(owning: descriptor)
    }

    /// What poll(2) watches.
    public var number: Int32 { descriptor.number }

    /// Who is at the other end.
    public var peer: PeerIdentity {
        get throws(SystemError) { try PeerIdentity(of: descriptor.number) }
    }

    /// Whether the process at the other end was in a group when it connected, its supplementary groups included.
    public func peerIsIn(group: UInt32) throws(SystemError) -> Bool {
        let answer = tabard_peer_is_in_group(descriptor.number, group)
        guard answer >= 0 else { throw SystemError("getsockopt", on: "SO_PEERGROUPS") }
        return answer == 1
    }

    /// Lends what has arrived, at most 16 KiB, to `body`, waiting for the first byte; the memory is overwritten afterwards.
    ///
    /// - Returns: False at the orderly end.
    public func receive(until deadline: Int64, _ body: (UnsafeRawBufferPointer) -> Void) throws(SystemError) -> Bool {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 * 1024, alignment: 16)
        var count = 0
        defer {
            if let base = buffer.baseAddress { explicit_bzero(base, count) }
            buffer.deallocate()
        }
        count = try read(into: buffer, until: deadline)
        body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        return count > 0
    }

    private func read(into buffer: UnsafeMutableRawBufferPointer, until deadline: Int64) throws(SystemError) -> Int {
        while true {
            let count = recv(descriptor.number, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: try wait(Int16(POLLIN), until: deadline, "recv")
            default: throw SystemError("recv")
            }
        }
    }

    /// Writes all of `bytes`. A connection that the other side has closed is an error (EPIPE, ECONNRESET), never a signal.
    public func writeAll(_ bytes: UnsafeRawBufferPointer, until deadline: Int64) throws(SystemError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = send(
                descriptor.number, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: try wait(Int16(POLLOUT), until: deadline, "send")
            default: throw SystemError("send")
            }
        }
    }

    private func wait(_ events: Int16, until deadline: Int64, _ call: String) throws(SystemError) {
        var entries = [pollfd(fd: descriptor.number, events: events, revents: 0)]
        guard try Poll.wait(&entries, until: deadline) else { throw SystemError(call, number: ETIMEDOUT) }
    }
}
