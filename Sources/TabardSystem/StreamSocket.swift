import Glibc

/// A TCP connection that never blocks beyond a `WaitLimit`. One owner; closed when the owner goes.
public struct StreamSocket: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    /// Connects to one address.
    public static func connect(to address: IPAddress, port: Int, until limit: WaitLimit) throws(WaitError) -> StreamSocket {
        let subject = address.isV6 ? "[\(address)]:\(port)" : "\(address):\(port)"
        let family = address.isV6 ? AF_INET6 : AF_INET
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let number = Glibc.socket(family, kind, Int32(IPPROTO_TCP))
        guard number >= 0 else { throw .failed(SystemError("socket", on: subject)) }
        let descriptor = FileDescriptor(owning: number)
        // Requests go out in one write and should leave at once.
        var one: Int32 = 1
        setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        if address.withSocketAddress(port: port, { Glibc.connect(number, $0, $1) }) != 0 {
            guard errno == EINPROGRESS || errno == EINTR else { throw .failed(SystemError("connect", on: subject)) }
            try limit.wait(for: number, .writing)
            var problem: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(number, SOL_SOCKET, SO_ERROR, &problem, &size)
            if problem != 0 { throw .failed(SystemError("connect", on: subject, number: problem)) }
        }
        return StreamSocket(descriptor: descriptor)
    }

    private init(descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    /// Reads what is there, at most `buffer.count` bytes, waiting for the first of them. 0 is the orderly end.
    public func read(into buffer: UnsafeMutableRawBufferPointer, until limit: WaitLimit) throws(WaitError) -> Int {
        try limit.check()
        while true {
            let count = recv(descriptor.number, buffer.baseAddress, buffer.count, 0)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: try limit.wait(for: descriptor.number, .reading)
            default: throw .failed(SystemError("recv"))
            }
        }
    }

    /// Writes all of `bytes`. A connection that the other side has closed is an error (EPIPE, ECONNRESET), never a signal.
    public func writeAll(_ bytes: UnsafeRawBufferPointer, until limit: WaitLimit) throws(WaitError) {
        try limit.check()
        var rest = bytes
        while !rest.isEmpty {
            let count = send(descriptor.number, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: try limit.wait(for: descriptor.number, .writing)
            default: throw .failed(SystemError("send"))
            }
        }
    }

    /// Whether the connection is open with nothing to read: fit for another request.
    public var isQuiet: Bool {
        var probe: UInt8 = 0
        return recv(descriptor.number, &probe, 1, Int32(MSG_PEEK)) < 0 && (errno == EAGAIN || errno == EINTR)
    }
}
