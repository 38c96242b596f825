import TabardCore
import TabardSystem
import TabardTestSupport

@testable import TabardRegistry

/// A registry of one image on loopback, whose every answer a test may replace.
final class FakeRegistry: Sendable {
    /// What a client asked.
    struct Request: Sendable {
        let method: String
        /// Path and query.
        let target: String
        /// Lower-case names.
        let headers: [String: String]
        /// The body.
        let body: String
        /// How often this target has been asked before.
        let repetition: Int
    }

    /// What it is told.
    enum Answer: Sendable {
        /// A whole answer.
        case plain(Int, [String: String] = [:], [UInt8] = [])
        /// The head promises all of the body, and the connection ends after so many bytes.
        case cut([UInt8], after: Int, status: Int = 200, [String: String] = [:])
        /// The head promises all of the body, and after so many bytes nothing comes until the client goes.
        case stall([UInt8], after: Int, status: Int = 200, [String: String] = [:])
        /// After so many bytes of the body nothing comes until the gate is open.
        case held([UInt8], after: Int, status: Int = 200, [String: String] = [:], gate: Monitor<Bool>)
        /// What a registry that works says.
        case usual
    }

    static let layerType = "application/vnd.oci.image.layer.v1.tar+gzip"
    static let configurationType = "application/vnd.oci.image.config.v1+json"

    let configuration: [UInt8]
    let layers: [[UInt8]]
    let manifest: [UInt8]
    private let blobs: [String: [UInt8]]
    private let server: ScriptedServer
    private let log: Log

    /// What has been asked so far; a class of its own, so that the server's threads do not keep the registry.
    private final class Log: Sendable {
        let requests = Guarded<[Request]>([])
    }

    /// - Parameter layers: The bytes of the layers, in place of such as `layerSizes` says.
    init(
        layerSizes: [Int] = [100_000], layers given: [[UInt8]]? = nil, manifest replaced: [UInt8]? = nil,
        answering answer: @escaping @Sendable (Request) -> Answer = { _ in .usual }
    ) throws {
        var random = SplitMix(seed: 7)
        layers = given ?? layerSizes.map { size in (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &random) } }
        configuration = Array(#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#.utf8)
        let described = layers.map { Self.describe($0, Self.layerType) }.joined(separator: ",")
        let whole = Array(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)","config":\(Self.describe(configuration, Self.configurationType)),\
            "layers":[\(described)]}
            """.utf8)
        let served = replaced ?? whole
        manifest = served
        var blobs: [String: [UInt8]] = [:]
        for blob in layers + [configuration] { blobs[Self.digest(blob)] = blob }
        self.blobs = blobs
        let content = blobs
        let log = Log()
        self.log = log
        server = try ScriptedServer { connection in
            while let text = connection.readRequest() {
                let request = Self.read(text, log)
                switch answer(request) {
                case .usual: Self.serve(request, served, content, on: connection)
                case .plain(let status, let headers, let body): Self.send(status, headers, body, on: connection)
                case .cut(let body, let count, let status, let headers):
                    connection.send(Self.head(status, headers, body.count) + Array(body.prefix(count)))
                    return
                case .held(let body, let count, let status, let headers, let gate):
                    connection.send(Self.head(status, headers, body.count) + Array(body.prefix(count)))
                    _ = gate.wait(until: SystemClocks().monotonicNanoseconds + 60_000_000_000) { $0 ? true : nil }
                    connection.send(Array(body.dropFirst(count)))
                case .stall(let body, let count, let status, let headers):
                    connection.send(Self.head(status, headers, body.count) + Array(body.prefix(count)))
                    _ = connection.readRequest()
                    return
                }
            }
        }
    }

    /// `127.0.0.1:PORT`.
    var host: String { "127.0.0.1:\(server.port)" }
    /// The image it has.
    var image: ImageReference { get throws { try ImageReference("\(host)/team/app:1") } }
    /// All requests so far.
    var requests: [Request] { log.requests.withLock { $0 } }

    static func digest(_ bytes: [UInt8]) -> String { ContentHasher.digest(of: bytes, .sha256).description }

    static func describe(_ bytes: [UInt8], _ type: String) -> String {
        #"{"mediaType":"\#(type)","digest":"\#(digest(bytes))","size":\#(bytes.count)}"#
    }

    private static func serve(
        _ request: Request, _ manifest: [UInt8], _ blobs: [String: [UInt8]], on connection: ScriptedServer.Connection
    ) {
        let name = request.target.split(separator: "/").last.map(String.init) ?? ""
        if request.target.contains("/manifests/") {
            let isHere = name == "1" || name == digest(manifest)
            return isHere
                ? send(200, ["Content-Type": MediaType.ociManifest, "Docker-Content-Digest": digest(manifest)], manifest, on: connection)
                : send(404, [:], Array(#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#.utf8), on: connection)
        }
        guard let blob = blobs[name] else { return send(404, [:], [], on: connection) }
        let usual = answer(to: request, with: blob)
        send(usual.status, usual.headers, usual.body, on: connection)
    }

    /// What a server that gives parts says to a request for `blob`.
    static func answer(to request: Request, with blob: [UInt8]) -> (status: Int, headers: [String: String], body: [UInt8]) {
        guard let range = request.headers["range"] else { return (200, ["Accept-Ranges": "bytes"], blob) }
        let bounds = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
        guard let start = bounds.first, start < blob.count else { return (416, ["Content-Range": "bytes */\(blob.count)"], []) }
        let end = min(bounds.count > 1 ? bounds[1] + 1 : blob.count, blob.count)
        return (206, ["Content-Range": "bytes \(start)-\(end - 1)/\(blob.count)"], Array(blob[start..<end]))
    }

    private static func send(_ status: Int, _ headers: [String: String], _ body: [UInt8], on connection: ScriptedServer.Connection) {
        connection.send(head(status, headers, body.count) + body)
    }

    private static func head(_ status: Int, _ headers: [String: String], _ length: Int) -> [UInt8] {
        let lines = headers.map { "\($0.key): \($0.value)\r\n" }.sorted().joined()
        return Array("HTTP/1.1 \(status) Status\r\n\(lines)Content-Length: \(length)\r\n\r\n".utf8)
    }

    private static func read(_ text: String, _ log: Log) -> Request {
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
        let words = lines[0].split(separator: " ").map(String.init)
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { break }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let body = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false).last.map(String.init) ?? ""
        return log.requests.withLock { requests in
            let request = Request(
                method: words[0], target: words[1], headers: headers, body: body,
                repetition: requests.count { $0.target == words[1] })
            requests.append(request)
            return request
        }
    }
}
