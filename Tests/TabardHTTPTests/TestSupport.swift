import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardHTTP

/// A client that reads no environment, as most tests want it.
func makeClient(
    _ configuration: HTTPConfiguration = HTTPConfiguration { _ in nil }, clocks: any Clocks = SystemClocks(), log: LogSink = .silent
) -> HTTPClient { HTTPClient(configuration: configuration, clocks: clocks, log: log) }

/// A client for which every name leads to `addresses`.
func localClient(
    _ configuration: HTTPConfiguration = HTTPConfiguration { _ in nil }, _ addresses: [String] = ["127.0.0.1"],
    clocks: any Clocks = SystemClocks(), log: LogSink = .silent
) -> HTTPClient {
    let addresses = addresses.compactMap { IPAddress($0) }
    return HTTPClient(configuration: configuration, clocks: clocks, log: log, resolver: NameResolver { _ in .success(addresses) })
}

/// The same, with libcurl for everything.
func curlClient(_ configuration: HTTPConfiguration = HTTPConfiguration { _ in nil }, clocks: any Clocks = SystemClocks()) -> HTTPClient {
    let addresses = [IPAddress("127.0.0.1")].compactMap { $0 }
    return HTTPClient(
        configuration: configuration, clocks: clocks, log: .silent, resolver: NameResolver { _ in .success(addresses) },
        transport: CurlTransport(configuration))
}

extension ScriptedServer {
    /// Sends the same text to every request of every connection, and closes after the last.
    static func answering(_ text: String) throws -> ScriptedServer {
        try ScriptedServer { connection in
            while connection.readRequest() != nil { connection.send(text) }
        }
    }

    func url(_ path: String = "/") throws -> WebURL { try WebURL("http://127.0.0.1:\(port)\(path)") }
}

extension HTTPClient {
    /// One exchange on a thread of its own, with time to connect for a machine that does much else under a sanitizer.
    func answer(_ request: HTTPRequest, until deadline: Int64 = .max, cancellation: Cancellation? = nil) async throws -> HTTPResponse {
        var patient = request
        if !request.isMetadata { patient.connectTimeout = request.connectTimeout ?? .seconds(120) }
        return try await onThread { [patient] in try self.perform(patient, until: deadline, cancellation: cancellation) }
    }

    /// How an exchange fails.
    func failure(
        _ request: HTTPRequest, until deadline: Int64 = .max, cancellation: Cancellation? = nil,
        at location: SourceLocation = #_sourceLocation
    ) async throws -> Failure {
        let failure = await #expect(throws: Failure.self, sourceLocation: location) {
            try await self.answer(request, until: deadline, cancellation: cancellation)
        }
        return try #require(failure, sourceLocation: location)
    }

    /// One exchange as a stream: the status and all bytes, with the sizes of the pieces.
    func streamed(_ request: HTTPRequest) async throws -> (status: Int, bytes: [UInt8]) {
        try await onThread {
            var bytes: [UInt8] = []
            let head = try self.stream(request, until: .max, cancellation: nil, onHead: { _ in }, onBytes: { bytes += $0 })
            return (head.status, bytes)
        }
    }
}

extension Secret {
    var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}

/// Lines that a client logged.
final class Lines: Sendable {
    private let lines = Guarded<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    var sink: LogSink {
        LogSink(verbosity: 6) { line in self.lines.withLock { $0.append(line.message) } }
    }
}

/// Carries bytes both ways until one side ends.
///
/// - Parameter onBytes: Learns how many came back at a time.
func relay(
    _ connection: ScriptedServer.Connection, _ socket: consuming StreamSocket, onBytes: @escaping @Sendable (Int) -> Void = { _ in }
) {
    let cancellation = Cancellation()
    let limit = WaitLimit(deadline: .max, cancellation: cancellation)
    let ends = Ends(socket: socket)
    let back = try? WorkerThread {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 1)
        defer { buffer.deallocate() }
        while let count = try? ends.socket.read(into: buffer, until: limit), count > 0 {
            onBytes(count)
            connection.send(Array(buffer[..<count]))
        }
        connection.finish()
    }
    while true {
        let bytes = connection.receive()
        if bytes.isEmpty { break }
        guard (try? bytes.withUnsafeBytes({ try ends.socket.writeAll($0, until: limit) })) != nil else { break }
    }
    cancellation.cancel()
    back?.join()
}

private final class Ends: Sendable {
    let socket: StreamSocket
    init(socket: consuming StreamSocket) { self.socket = socket }
}
