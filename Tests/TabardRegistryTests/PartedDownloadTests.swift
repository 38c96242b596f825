import TabardCore
import TabardHTTP
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardRegistry

/// A large layer that comes over several connections, from servers that are good at it and from such as are not.
@Suite struct PartedDownloadTests {
    private let fixture = PullFixture()
    /// Blocks that differ in their numbers, and one byte more.
    private static let layer: [UInt8] = {
        let block = (0..<65536).map { UInt8(truncatingIfNeeded: $0) }
        var layer: [UInt8] = [1]
        for number in 0..<(17 << 4) {
            layer += [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)]
            layer += block.dropFirst(2)
        }
        return layer
    }()
    private static let digest = FakeRegistry.digest(layer)
    /// Where the main connection stands still until the gate opens: in its part, wherever a further connection begins.
    private static let hold = 3 << 20

    /// Tries further connections at once, and keeps them.
    private static let splitting = BlobDownload.Splitting(
        growth: ConnectionGrowth.Rules(window: 1, windowBytes: 1, ceiling: .infinity, gain: 0),
        sizes: PartQueue.Sizes(minimum: 4 << 20, maximum: 4 << 20), minimumRest: 4 << 20)

    /// Its answers, where `answer` has none: the first request for the layer is held until `gate` opens.
    private func registry(
        gate: Monitor<Bool>, _ answer: @escaping @Sendable (FakeRegistry.Request) -> FakeRegistry.Answer? = { _ in nil }
    ) throws -> FakeRegistry {
        try FakeRegistry(layers: [Self.layer]) { request in
            guard request.target.hasSuffix(Self.digest) else { return .usual }
            if let special = answer(request) { return special }
            guard request.headers["range"] == nil, request.repetition == 0 else {
                gate.update { $0 = true }
                return .usual
            }
            return .held(Self.layer, after: Self.hold, ["Accept-Ranges": "bytes", "ETag": "\"a\""], gate: gate)
        }
    }

    private func pull(
        _ registry: FakeRegistry, jobs: Int = 4, stallTimeout: Duration = .seconds(60), cancellation: Cancellation? = nil,
        log: LogSink = .silent, onEvent: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) throws -> BlobTransfers {
        let clocks = SystemClocks()
        let pauses = fixture.pauses
        let context = RegistrySession.Context(
            http: HTTPClient(configuration: HTTPConfiguration(environment: { $0 == "TABARD_FORBID_LINK_LOCAL" ? "1" : nil })),
            clocks: clocks,
            log: log, cancellation: cancellation, requests: RequestCounter(),
            pace: HostPace(clocks: clocks) { until, _ in pauses.list.withLock { $0.append(until) } }, stallTimeout: stallTimeout)
        var endpoint = try RegistryEndpoint(for: registry.image)
        let (session, manifest) = try RegistrySession.open(
            registry.image, as: nil, at: &endpoint, context: context, until: .max)
        guard case .image(_, let layers) = manifest.content else { throw SystemError("test", number: 0) }
        let transfers = BlobTransfers(
            layout: try fixture.layout(), image: "image", deadline: .max, cancellation: cancellation, splitting: Self.splitting,
            onEvent: onEvent)
        try transfers.run(layers, jobs: jobs, from: session)
        return transfers
    }

    private func blobRequests(_ registry: FakeRegistry) -> [String?] {
        registry.requests.filter { $0.target.hasSuffix(Self.digest) }.map { $0.headers["range"] }
    }

    private func expectWhole() throws {
        let path = fixture.folder.path("layout/blobs/sha256/\(Self.digest.dropFirst(7))")
        #expect(try FileStatus(of: path).size == Int64(Self.layer.count))
        #expect(try fixture.files().filter { $0.hasPrefix("ingest/") } == [])
    }

    @Test func `a layer whose connection is slow comes over several, each byte once`() throws {
        let registry = try registry(gate: Monitor(false))
        let transfers = try pull(registry)
        try expectWhole()
        #expect(transfers.receivedBytes == Int64(Self.layer.count))
        let ranges = blobRequests(registry)
        #expect(ranges.first == .some(nil))
        #expect(ranges.count > 2 && ranges.dropFirst().allSatisfy { $0 != nil }, "\(ranges)")
    }

    @Test func `without a spare connection there is one request`() throws {
        let gate = Monitor(true)
        let registry = try registry(gate: gate)
        _ = try pull(registry, jobs: 1)
        try expectWhole()
        #expect(blobRequests(registry) == [nil])
    }

    @Test func `a server that does not say that it gives parts is not asked for any`() throws {
        let registry = try registry(gate: Monitor(true)) { _ in .plain(200, [:], Self.layer) }
        _ = try pull(registry)
        try expectWhole()
        #expect(blobRequests(registry) == [nil])
    }

    /// Answers to the first request for a part.
    private static func wrongAnswer(_ kind: String, _ request: FakeRegistry.Request) -> FakeRegistry.Answer {
        let (_, headers, body) = FakeRegistry.answer(to: request, with: layer)
        let field = headers["Content-Range"] ?? ""
        return switch kind {
        case "whole": .plain(200, [:], layer)
        case "other part": .plain(206, ["Content-Range": "bytes 0-\(body.count - 1)/\(layer.count)"], Array(layer[..<body.count]))
        case "other blob": .plain(206, ["Content-Range": "\(field.prefix { $0 != "/" })/\(layer.count + 1)"], body)
        case "no range": .plain(206, [:], body)
        case "other version": .plain(206, headers.merging(["ETag": "\"b\""]) { $1 }, body)
        case "416": .plain(416, ["Content-Range": "bytes */\(layer.count)"])
        case "429": .plain(429, ["Retry-After": "3"])
        case "404": .plain(404)
        default: .cut(body, after: 0, status: 206, headers)
        }
    }

    @Test(arguments: ["whole", "other part", "other blob", "no range", "other version", "416", "429", "404", "cut"])
    func `a further connection that is answered wrongly is given up, and the first one fetches all`(_ kind: String) throws {
        let gate = Monitor(false)
        let registry = try registry(gate: gate) { request in
            request.headers["range"] != nil && request.repetition == 1 ? Self.wrongAnswer(kind, request) : nil
        }
        // The first connection goes on when the other one has been given up.
        _ = try pull(registry, log: LogSink(verbosity: 2) { _ in gate.update { $0 = true } })
        try expectWhole()
        let ranges = blobRequests(registry)
        #expect(ranges.count == 3 && ranges[0] == nil && ranges[1] != nil && ranges[2]?.hasSuffix("-") == true, "\(ranges)")
        if kind == "429" { #expect(fixture.pauses.list.withLock { $0 }.count == 1) }
    }

    @Test func `a part that is cut is continued, with as many connections`() throws {
        let gate = Monitor(false)
        let registry = try registry(gate: gate) { request in
            guard request.headers["range"] != nil, request.repetition == 1 else { return nil }
            let (status, headers, body) = FakeRegistry.answer(to: request, with: Self.layer)
            return .cut(body, after: 1_000_001, status: status, headers)
        }
        let transfers = try pull(registry)
        try expectWhole()
        #expect(transfers.receivedBytes == Int64(Self.layer.count))
    }

    @Test func `parts that are mixed up cost a second download, in one piece`() throws {
        let gate = Monitor(false)
        let registry = try registry(gate: gate) { request in
            guard request.headers["range"] != nil, request.repetition == 1 else { return nil }
            gate.update { $0 = true }
            var (status, headers, body) = FakeRegistry.answer(to: request, with: Self.layer)
            body[5] ^= 1
            return .plain(status, headers, body)
        }
        _ = try pull(registry)
        try expectWhole()
        #expect(blobRequests(registry).last == .some(nil))
    }

    @Test func `a pull that fails does not wait for connections that stand still`() throws {
        let gate = Monitor(false)
        let registry = try registry(gate: gate) { request in
            guard request.headers["range"] != nil else { return nil }
            // The helper gets the head and nothing else; then the main connection's question for a further part is refused.
            guard request.repetition == 1 else { return .plain(404) }
            gate.update { $0 = true }
            let (status, headers, body) = FakeRegistry.answer(to: request, with: Self.layer)
            return .stall(body, after: 0, status: status, headers)
        }
        let failure = #expect(throws: Failure.self) { try pull(registry, stallTimeout: .seconds(3600)) }
        #expect(failure?.code == .notFound)
        // What has come stays for the next run.
        let kept = try fixture.files().filter { $0.hasPrefix("ingest/sha256-") }
        #expect(kept.count == 1)
    }

    @Test func `a cancelled pull ends while only a helper has something to fetch`() throws {
        let cancellation = Cancellation()
        let gate = Monitor(false)
        let missing = Guarded(0)
        let registry = try registry(gate: gate) { request in
            guard request.headers["range"] != nil, request.repetition == 1 else { return nil }
            let (status, headers, body) = FakeRegistry.answer(to: request, with: Self.layer)
            missing.withLock { $0 = body.count - 100 }
            gate.update { $0 = true }
            return .stall(body, after: 100, status: status, headers)
        }
        let come = Guarded(0)
        let failure = #expect(throws: Failure.self) {
            try pull(registry, stallTimeout: .seconds(3600), cancellation: cancellation) { event in
                guard case .progress(_, let count) = event else { return }
                let total = come.withLock { come in
                    come += count
                    return come
                }
                if total == Self.layer.count - missing.withLock({ $0 }) { cancellation.cancel() }
            }
        }
        #expect(failure?.code == .cancelled)
    }
}
