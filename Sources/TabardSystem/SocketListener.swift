import CTabardSystem
import Glibc

/// A listening stream socket: of the file system, or of TCP. One owner; closed when the owner goes, its file left to `remove`.
public struct SocketListener: ~Copyable, Sendable {
    private let descriptor: FileDescriptor
    /// Where it was made to listen: a path, or an address with its port; empty for one whose file is somebody else's.
    public let place: String
    /// The file of `place` as it was made; nil without one.
    private let file: (device: UInt64, inode: UInt64)?

    private static let backlog: Int32 = 1024

    /// Takes over a socket that listens already, as systemd and a process before this one hand it over.
    ///
    /// - Parameter place: The path that `remove` takes away; empty when that is somebody else's business.
    public init(owning descriptor: consuming FileDescriptor, place: String = "") throws(SystemError) {
        var listens: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor.number, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0, listens != 0 else {
            throw SystemError("getsockopt", on: "descriptor \(descriptor.number)", number: ENOTSOCK)
        }
        let flags = fcntl(descriptor.number, F_GETFL)
        guard flags >= 0, fcntl(descriptor.number, F_SETFL, flags | O_NONBLOCK) >= 0,
            tabard_set_inherited(descriptor.number, 0) == 0
        else { throw SystemError("fcntl") }
        self.descriptor = descriptor
        self.place = place
        file = Self.file(at: place)
    }

    private init(_ descriptor: consuming FileDescriptor, place: String) {
        self.descriptor = descriptor
        self.place = place
        file = Self.file(at: place)
    }

    /// Listens at a path of the file system, replacing what is there in one step: nobody ever finds it half made.
    ///
    /// - Parameters:
    ///   - mode: The permission bits of the socket's file; who may write to it may connect.
    ///   - group: Its group; nil for that of the process.
    public static func listen(at path: String, mode: UInt32, group: UInt32? = nil) throws(SystemError) -> SocketListener {
        let fresh = "\(path).\(getpid())"
        let address = try UnixAddress(fresh)
        let descriptor = try open(AF_UNIX)
        unlink(fresh)
        guard address.withAddress({ bind(descriptor.number, $0, $1) }) == 0 else { throw SystemError("bind", on: path) }
        do throws(SystemError) {
            // Before it listens, and so before anybody can connect, whatever the umask.
            guard chmod(fresh, mode) == 0 else { throw SystemError("chmod", on: path) }
            if let group, chown(fresh, uid_t.max, group) != 0 { throw SystemError("chown", on: path) }
            guard Glibc.listen(descriptor.number, backlog) == 0 else { throw SystemError("listen", on: path) }
            guard rename(fresh, path) == 0 else { throw SystemError("rename", on: path) }
        } catch {
            unlink(fresh)
            throw error
        }
        return SocketListener(descriptor, place: path)
    }

    /// Listens for TCP.
    ///
    /// - Parameter port: 0 lets the system choose; `port` says which.
    public static func listen(on address: IPAddress, port: Int) throws(SystemError) -> SocketListener {
        let place = address.isV6 ? "[\(address)]:\(port)" : "\(address):\(port)"
        let descriptor = try open(address.isV6 ? AF_INET6 : AF_INET)
        var one: Int32 = 1
        setsockopt(descriptor.number, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard address.withSocketAddress(port: port, { bind(descriptor.number, $0, $1) }) == 0 else { throw SystemError("bind", on: place) }
        guard Glibc.listen(descriptor.number, backlog) == 0 else { throw SystemError("listen", on: place) }
        return SocketListener(descriptor, place: place)
    }

    /// The port that it listens on; nil for one that is not TCP.
    public var port: Int? {
        var place = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = withUnsafeMutablePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor.number, $0, &size) }
        }
        // The port stands at the same place in both families.
        guard result == 0, [AF_INET, AF_INET6].contains(Int32(place.sin6_family)) else { return nil }
        return Int(UInt16(bigEndian: place.sin6_port))
    }

    /// What poll(2) watches, and what is handed over.
    public var number: Int32 { descriptor.number }

    /// Waits for a connection.
    ///
    /// - Returns: nil when `wish` was cancelled first.
    /// - Throws: ECONNABORTED and the like never; EMFILE and the like when there is no descriptor left for it.
    public func accept(unless wish: Cancellation) throws(SystemError) -> UnixConnection? {
        while true {
            if wish.isCancelled { return nil }
            let number = tabard_accept(descriptor.number)
            if number >= 0 { return UnixConnection(owning: FileDescriptor(owning: number)) }
            switch errno {
            case EAGAIN: _ = try Poll.waitReadable([descriptor.number, wish.descriptor], until: .max)
            // Whoever wanted to connect has gone.
            case EINTR, ECONNABORTED, EPROTO: continue
            default: throw SystemError("accept")
            }
        }
    }

    /// Whether clients still find it: false when its file has been removed or replaced. Always true without a file of its own.
    public var isInPlace: Bool {
        guard let file else { return true }
        return Self.file(at: place).map { $0 == file } ?? false
    }

    /// Takes the file of the socket away, if it is still this socket's.
    public func remove() {
        if file != nil, isInPlace { unlink(place) }
    }

    private static func file(at place: String) -> (device: UInt64, inode: UInt64)? {
        guard place.utf8.first == UInt8(ascii: "/"), let status = try? FileStatus(of: place, followingLinks: false),
            status.kind == .socket
        else { return nil }
        return (status.device, status.inode)
    }

    /// Gives the descriptor to whoever will close it.
    public consuming func release() -> Int32 { descriptor.release() }

    private static func open(_ family: Int32) throws(SystemError) -> FileDescriptor {
        let number = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError("socket") }
        return FileDescriptor(owning: number)
    }
}
