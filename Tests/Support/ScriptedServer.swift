import Glibc
import TabardSystem

/// A TCP server on loopback that does exactly what a test says, byte by byte: it knows no protocol.
///
/// Each connection runs the script on a thread of its own. The server stops, and its connections are cut, when it is released.
public final class ScriptedServer: Sendable {
    /// One accepted connection, in the hands of the script.
    public final class Connection: Sendable {
        /// 0 for the first connection of the server.
        public let index: Int
        let descriptor: Int32
        private let pending = Guarded<[UInt8]>([])
        private let isClosed = Guarded(false)

        init(_ descriptor: Int32, index: Int) {
            self.descriptor = descriptor
            self.index = index
        }

        /// Reads one HTTP request, with as much body as its Content-Length says. Nil at the end of the connection.
        public func readRequest() -> String? {
            var bytes = pending.withLock { pending in
                defer { pending = [] }
                return pending
            }
            while true {
                let text = String(decoding: bytes, as: UTF8.self)
                if let end = text.range(ofLine: "\r\n\r\n") {
                    let head = text[..<end]
                    let length = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                        .flatMap { Int($0.drop { $0 != ":" }.dropFirst().drop { $0 == " " }) }
                    let total = head.utf8.count + (length ?? 0)
                    if bytes.count >= total {
                        pending.withLock { $0 = Array(bytes[total...]) }
                        return String(decoding: bytes[..<total], as: UTF8.self)
                    }
                }
                var buffer = [UInt8](repeating: 0, count: 4096)
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { return nil }
                bytes += buffer[..<count]
            }
        }

        /// Reads what comes next, whatever it is; empty at the end.
        public func receive() -> [UInt8] {
            var buffer = [UInt8](repeating: 0, count: 65536)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            return Array(buffer.prefix(max(0, count)))
        }

        /// Sends bytes; false when the client is gone.
        @discardableResult
        public func send(_ bytes: [UInt8]) -> Bool {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }

        /// Sends text.
        @discardableResult
        public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

        /// Blocks until the client closes its side (or the server stops).
        public func waitForClose() {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while recv(descriptor, &buffer, buffer.count, 0) > 0 {}
        }

        /// Ends the connection with a TCP reset.
        public func reset() {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
            finish()
        }

        /// Ends the connection in order. The end of the script does so too.
        public func finish() {
            isClosed.withLock { isClosed in
                if !isClosed { close(descriptor) }
                isClosed = true
            }
        }

        func cut() {
            isClosed.withLock { if !$0 { _ = shutdown(descriptor, Int32(SHUT_RDWR)) } }
        }
    }

    /// Where it listens, on 127.0.0.1.
    public let port: Int
    private let listener: Int32
    private let script: @Sendable (Connection) -> Void
    private struct State {
        var connections: [Connection] = []
        var threads: [WorkerThread] = []
        var isStopping = false
    }
    private let state: Guarded<State>
    private let acceptor: Guarded<WorkerThread?>

    /// Starts listening.
    public init(_ script: @escaping @Sendable (Connection) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        guard isListening else { throw SystemError("listen") }
        self.listener = listener
        self.script = script
        port = Int(UInt16(bigEndian: place.sin_port))
        state = Guarded(State())
        acceptor = Guarded(nil)
        // Weakly, so that the server ends with its last user and not with its own thread.
        let thread = try WorkerThread { [weak self] in
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0, let self, serve(descriptor) else {
                    if descriptor >= 0 { close(descriptor) }
                    return
                }
            }
        }
        acceptor.withLock { $0 = thread }
    }

    deinit {
        let (connections, threads) = state.withLock { state in
            state.isStopping = true
            return (state.connections, state.threads)
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in connections { connection.cut() }
        for thread in threads { thread.join() }
        acceptor.withLock { $0?.join() }
        close(listener)
    }

    /// How many connections have been accepted.
    public var connectionCount: Int { state.withLock { $0.connections.count } }

    private func serve(_ descriptor: Int32) -> Bool {
        state.withLock { state in
            if state.isStopping { return false }
            let connection = Connection(descriptor, index: state.connections.count)
            state.connections.append(connection)
            let script = script
            guard
                let thread = try? WorkerThread(
                    {
                        script(connection)
                        connection.finish()
                    })
            else { return false }
            state.threads.append(thread)
            return true
        }
    }
}

extension String {
    /// The index behind the first occurrence of `needle`.
    fileprivate func range(ofLine needle: String) -> String.Index? {
        var bytes = utf8[...]
        while !bytes.isEmpty {
            if bytes.starts(with: needle.utf8) { return bytes.index(bytes.startIndex, offsetBy: needle.utf8.count) }
            bytes = bytes.dropFirst()
        }
        return nil
    }
}
