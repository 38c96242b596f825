import CTabardSystem
import Glibc

/// What systemd and a service say to each other: sockets that are handed over, and notes about how the service is (sd_listen_fds(3),
/// sd_notify(3)), in the few lines that it takes.
public struct ServiceManager: Sendable {
    private let socket: String?
    /// How often it wants to hear that this process lives, in nanoseconds; nil when it does not ask.
    public let watchdog: Int64?

    /// Reads what it has put into the environment.
    public init() {
        socket = Environment.trustedValue("NOTIFY_SOCKET").flatMap { $0.isEmpty ? nil : $0 }
        let isMine = Environment.value("WATCHDOG_PID").map { Int32($0) == getpid() } ?? true
        watchdog = Environment.value("WATCHDOG_USEC").flatMap { isMine ? Int64($0) : nil }.flatMap {
            $0 > 0 && $0 < 1 << 50 ? $0 * 1000 : nil
        }
    }

    /// The listening sockets that it has opened for this process.
    public func takeSockets() -> [Int32] {
        defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) } }
        guard Environment.value("LISTEN_PID").flatMap({ Int32($0) }) == getpid(),
            let count = Environment.value("LISTEN_FDS").flatMap({ Int32($0) }), (1...64).contains(count)
        else { return [] }
        return Array(3..<(3 + count))
    }

    /// Says something in its own words: `READY=1`, `STOPPING=1`, `STATUS=…`. Nothing happens without a service manager.
    public func notify(_ lines: String...) {
        guard let socket, var address = try? UnixAddress(socket.utf8.first == UInt8(ascii: "@") ? "/\(socket.dropFirst())" : socket) else {
            return
        }
        if socket.utf8.first == UInt8(ascii: "@") { address.makeAbstract(length: socket.utf8.count) }
        let number = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return }
        let descriptor = FileDescriptor(owning: number)
        var text = lines.joined(separator: "\n")
        text.withUTF8 { bytes in
            address.withAddress { place, size in
                // A manager that does not listen is not our business.
                _ = sendto(descriptor.number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL), place, size)
            }
        }
    }
}
