import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardRegistry

/// What registries, networks and earlier runs do to a pull, and what must come of it.
@Suite struct PullFaultTests {
    private let fixture = PullFixture()

    private func failure(of registry: FakeRegistry, entries: [AuthEntry] = []) throws -> Failure? {
        let image = try registry.image
        return #expect(throws: Failure.self) { try fixture.puller().pull(image, entries: entries) }
    }

    /// Nothing of a failed pull may look whole: no content under its digest, no name in the index.
    private func expectNothingNamed() throws {
        let files = try fixture.files().filter { !$0.hasPrefix("ingest/") }
        #expect(files == ["oci-layout"])
    }

    @Test func `an open registry gives the image in as many requests as it has parts`() throws {
        let registry = try FakeRegistry(layerSizes: [10, 20])
        let image = try registry.image
        let pulled = try fixture.puller().pull(image, entries: [PullFixture.entry("user", "unsolicited")])
        #expect(pulled.digest.description == FakeRegistry.digest(registry.manifest))
        #expect(pulled.requests == 4)
        #expect(pulled.bytes == Int64(30 + registry.configuration.count))
        #expect(pulled.credential == nil)
        // Nobody asked for credentials, so nobody got any.
        #expect(registry.requests.allSatisfy { $0.headers["authorization"] == nil })
        let blobs = try fixture.files().filter { $0.hasPrefix("blobs/sha256/") }
        #expect(blobs.count == 4)
        #expect(try fixture.layout().descriptor(named: image.description)?.digest == pulled.digest)
        let again = try fixture.puller().pull(image, entries: [])
        #expect(again.wasPresent && again.requests == 0)
        #expect(try fixture.files().filter { $0.hasPrefix("ingest/") } == [])
    }

    @Test func `an image that has not changed is asked for with one request, and nothing is written`() throws {
        let registry = try FakeRegistry()
        var options = PullOptions()
        options.policy = .always
        _ = try fixture.puller(options).pull(registry.image, entries: [])
        let index = try FileStatus(of: fixture.folder.path("layout/index.json"))
        let again = try fixture.puller(options).pull(registry.image, entries: [])
        #expect(again.requests == 1 && again.bytes == 0)
        #expect(try FileStatus(of: fixture.folder.path("layout/index.json")).inode == index.inode)
    }

    @Test func `the folders above a layout are made`() throws {
        _ = try OCILayout(path: fixture.folder.path("a/b/layout"))
        #expect(try FileSystem.names(in: fixture.folder.path("a/b/layout")).contains("oci-layout"))
    }

    @Test(arguments: [1000, 60_000])
    func `a cut layer is continued with one request for the rest`(_ bytes: Int) throws {
        let registry = try FakeRegistry(answering: { request in
            guard request.target.contains("/blobs/"), request.headers["range"] == nil, request.repetition == 0 else { return .usual }
            return request.target.hasSuffix(Self.bigLayer) ? .cut(Self.bigLayerBytes, after: bytes) : .usual
        })
        _ = try fixture.puller().pull(registry.image, entries: [])
        let ranges = registry.requests.compactMap { $0.headers["range"] }
        #expect(ranges == ["bytes=\(bytes)-"])
    }

    /// The one layer of the fake registry's usual image.
    private static let bigLayerBytes: [UInt8] = {
        var random = SplitMix(seed: 7)
        return (0..<100_000).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }()
    private static let bigLayer = FakeRegistry.digest(bigLayerBytes)

    @Test func `a layer cut again and again in one place ends the pull, and what arrived stays for the next`() throws {
        let registry = try FakeRegistry(answering: { request in
            guard request.target.hasSuffix(Self.bigLayer) else { return .usual }
            guard let range = request.headers["range"] else { return .cut(Self.bigLayerBytes, after: 5000) }
            return .cut(
                Array(Self.bigLayerBytes[5000...]), after: 0, status: 206, ["Content-Range": "bytes 5000-99999/100000", "X-Asked": range])
        })
        let problem = try failure(of: registry)
        #expect(problem?.code == .unavailable, "\(String(describing: problem))")
        try expectNothingKept(but: 5000)
        // The next run goes on from there.
        let good = try FakeRegistry()
        _ = try fixture.puller().pull(good.image, entries: [])
        #expect(good.requests.compactMap { $0.headers["range"] } == ["bytes=5000-"])
    }

    private func expectNothingKept(but bytes: Int64) throws {
        let partial = try fixture.files().filter { $0.hasPrefix("ingest/") && $0.contains(Self.bigLayer.split(separator: ":")[1]) }
        #expect(partial.count == 1)
        #expect(try FileStatus(of: fixture.folder.path("layout/\(partial.first ?? "")")).size == bytes)
        #expect(try fixture.layout().descriptor(named: "127.0.0.1/team/app:1") == nil)
    }

    @Test func `a layer with other bytes is refused and leaves nothing`() throws {
        var wrong = Self.bigLayerBytes
        for index in wrong.indices.suffix(5) { wrong[index] ^= 1 }
        let bytes = wrong
        let registry = try FakeRegistry(answering: { $0.target.hasSuffix(Self.bigLayer) ? .plain(200, [:], bytes) : .usual })
        let problem = try failure(of: registry)
        #expect(problem?.code == .corrupted)
        #expect(problem?.description.contains(Self.bigLayer) == true)
        #expect(try fixture.files().filter { $0.contains(Self.bigLayer.dropFirst(7)) } == [])
    }

    @Test func `a layer longer than promised is refused at once`() throws {
        let registry = try FakeRegistry(answering: {
            $0.target.hasSuffix(Self.bigLayer) ? .plain(200, [:], Self.bigLayerBytes + [0]) : .usual
        })
        #expect([.corrupted, .tooLarge].contains(try failure(of: registry)?.code))
    }

    @Test func `a manifest that is another than the pinned one is refused`() throws {
        let registry = try FakeRegistry()
        let pinned = "sha256:" + String(repeating: "a", count: 64)
        let other = try FakeRegistry(answering: { request in
            request.target.contains("/manifests/") ? .plain(200, ["Content-Type": MediaType.ociManifest], registry.manifest) : .usual
        })
        let image = try ImageReference("\(other.host)/team/app@\(pinned)")
        let problem = #expect(throws: Failure.self) { try fixture.puller().pull(image, entries: []) }
        #expect(problem?.code == .corrupted)
        #expect(problem?.exitCode == 1)
        try expectNothingNamed()
    }

    @Test func `a digest that climbs is refused before anything is asked or written`() throws {
        let manifest = Array(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)","config":\(FakeRegistry.describe([1], "x")),\
            "layers":[{"mediaType":"x","digest":"sha256:../../../../etc/cron.d/x","size":1}]}
            """.utf8)
        let registry = try FakeRegistry(manifest: manifest)
        #expect(try failure(of: registry)?.code == .badResponse)
        #expect(registry.requests.count == 1)
        try expectNothingNamed()
    }

    @Test func `a registry that asks for patience gets it`() throws {
        let registry = try FakeRegistry(answering: { request in
            guard request.target.hasSuffix(Self.bigLayer) else { return .usual }
            return request.repetition < 2 ? .plain(429, ["Retry-After": "2"]) : .usual
        })
        _ = try fixture.puller().pull(registry.image, entries: [])
        let asked = fixture.pauses.list.withLock { $0 }
        #expect(asked.contains { $0 > 1_500_000_000 && $0 <= 2_000_000_000 }, "\(asked)")
    }

    @Test(arguments: [500, 502, 503])
    func `a registry that fails once is asked again`(_ status: Int) throws {
        let registry = try FakeRegistry(answering: { $0.target.hasSuffix(Self.bigLayer) && $0.repetition == 0 ? .plain(status) : .usual })
        _ = try fixture.puller().pull(registry.image, entries: [])
        #expect(registry.requests.count { $0.target.hasSuffix(Self.bigLayer) } == 2)
    }

    @Test func `a registry that always fails ends the pull as unavailable`() throws {
        let registry = try FakeRegistry(answering: { $0.target.contains("/manifests/") ? .plain(503) : .usual })
        let problem = try failure(of: registry)
        #expect(problem?.code == .unavailable && problem?.exitCode == 4)
        // Five tries, after the one that found out what is spoken on loopback.
        #expect(registry.requests.count == 6)
    }

    @Test func `a redirect to itself ends`() throws {
        let registry = try FakeRegistry(answering: { $0.target.contains("/blobs/") ? .plain(307, ["Location": $0.target]) : .usual })
        #expect(try failure(of: registry)?.reason.contains("redirected more than 10 times") == true)
    }

    @Test func `an index without this machine's platform says what it has`() throws {
        let index = Array(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociIndex)","manifests":[{"mediaType":"\(MediaType.ociManifest)",\
            "digest":"sha256:\(String(repeating: "b", count: 64))","size":3,"platform":{"os":"plan9","architecture":"mips"}}]}
            """.utf8)
        let registry = try FakeRegistry(
            manifest: index,
            answering: { request in
                request.target.contains("/manifests/") ? .plain(200, ["Content-Type": MediaType.ociIndex], index) : .usual
            })
        let problem = try failure(of: registry)
        #expect(problem?.code == .notFound)
        #expect(problem?.description.contains("plan9/mips") == true)
    }

    @Test func `six pulls into one layout at the same time keep six names, and share the download`() async throws {
        let registry = try FakeRegistry(answering: { request in
            // Every tag is there.
            request.target.contains("/manifests/") && request.target.split(separator: "/").last?.count == 2
                ? .plain(200, ["Content-Type": MediaType.ociManifest], Self.usualManifest) : .usual
        })
        let puller = try fixture.puller()
        let host = registry.host
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
                group.addTask {
                    try await onThread { _ = try puller.pull(ImageReference("\(host)/team/app:t\(number)"), entries: []) }
                }
            }
            try await group.waitForAll()
        }
        for number in 0..<6 { #expect(try fixture.layout().descriptor(named: "\(host)/team/app:t\(number)") != nil) }
        #expect(registry.requests.count { $0.target.contains("/blobs/") } == 2)
    }

    private static let usualManifest = (try? FakeRegistry().manifest) ?? []

    @Test func `a folder with other things in it is left alone`() throws {
        fixture.folder.write("layout/precious.txt", "x".utf8)
        let problem = #expect(throws: Failure.self) { try fixture.layout() }
        #expect(problem?.description.contains("precious.txt") == true)
        #expect(try fixture.files() == ["precious.txt"])
    }

    @Test func `content behind a symbolic link does not count`() throws {
        let registry = try FakeRegistry()
        let layout = try fixture.layout()
        let elsewhere = fixture.folder.write("elsewhere", Self.bigLayerBytes)
        _ = try layout.folder(of: ContentDigest(Self.bigLayer))
        #expect(TemporaryFolder.link(elsewhere, at: fixture.folder.path("layout/blobs/sha256/\(Self.bigLayer.dropFirst(7))")))
        _ = try fixture.puller().pull(registry.image, entries: [])
        let status = try FileStatus(of: fixture.folder.path("layout/blobs/sha256/\(Self.bigLayer.dropFirst(7))"), followingLinks: false)
        #expect(status.kind == .regular)
    }

    /// Leaves the first 5000 bytes of the layer in the layout, as a pull that was killed does.
    private func leavePartialLayer() throws {
        _ = try fixture.layout()
        fixture.folder.write("layout/ingest/sha256-\(Self.bigLayer.dropFirst(7))", Array(Self.bigLayerBytes.prefix(5000)))
    }

    @Test(arguments: [200, 206])
    func `a rest that is longer than promised ends the pull, with nothing kept`(_ status: Int) throws {
        try leavePartialLayer()
        let registry = try FakeRegistry(answering: { request in
            guard request.target.hasSuffix(Self.bigLayer) else { return .usual }
            let start = status == 206 && request.headers["range"] != nil ? 5000 : 0
            return .plain(status, ["Content-Range": "bytes \(start)-100000/100001"], Array(Self.bigLayerBytes[start...]) + [0])
        })
        let deadline = SystemClocks().monotonicNanoseconds + 20_000_000_000
        let image = try registry.image
        let problem = #expect(throws: Failure.self) { try fixture.puller().pull(image, entries: [], until: deadline) }
        #expect([.corrupted, .tooLarge].contains(problem?.code), "\(String(describing: problem))")
        #expect(try fixture.files().filter { $0.contains(Self.bigLayer.dropFirst(7)) } == [])
    }

    @Test func `what an earlier run left is told as such, and not as bytes that come`() throws {
        try leavePartialLayer()
        let registry = try FakeRegistry()
        let (left, come) = (Guarded<[Int64]>([]), Guarded(0))
        let pulled = try fixture.puller().pull(try registry.image, entries: []) { event in
            switch event {
            case .resumed(let digest, let bytes) where digest.description == Self.bigLayer: left.withLock { $0.append(bytes) }
            case .progress(let digest, let bytes) where digest.description == Self.bigLayer: come.withLock { $0 += bytes }
            default: break
            }
        }
        #expect(left.withLock { $0 } == [5000])
        #expect(come.withLock { $0 } == Self.bigLayerBytes.count - 5000)
        #expect(pulled.bytes < Self.bigLayerBytes.count)
    }

    @Test func `a registry that cuts a layer and knows nothing of the rest is given up`() throws {
        let registry = try FakeRegistry(answering: { request in
            guard request.target.hasSuffix(Self.bigLayer) else { return .usual }
            return request.headers["range"] == nil ? .cut(Self.bigLayerBytes, after: 5000) : .plain(416)
        })
        let deadline = SystemClocks().monotonicNanoseconds + 20_000_000_000
        let image = try registry.image
        let problem = #expect(throws: Failure.self) { try fixture.puller().pull(image, entries: [], until: deadline) }
        #expect(problem?.code == .unavailable, "\(String(describing: problem))")
        #expect(registry.requests.count { $0.target.hasSuffix(Self.bigLayer) } <= 2 * 5)
    }

    @Test func `the first failure ends the other downloads`() throws {
        let registry = try FakeRegistry(
            layerSizes: [100_000, 6_000_000],
            answering: { request in
                request.target.hasSuffix(Self.bigLayer) ? .plain(404) : .usual
            })
        let arrived = Guarded<Int64>(0)
        let image = try registry.image
        let gate = Monitor(false)
        #expect(throws: Failure.self) {
            try fixture.puller().pull(image, entries: []) { event in
                // The large layer goes on only after the small one has failed.
                guard case .progress(let digest, let bytes) = event, digest.description == FakeRegistry.digest(registry.layers[1]) else {
                    return
                }
                arrived.withLock { $0 += Int64(bytes) }
                _ = gate.wait(until: SystemClocks().monotonicNanoseconds + 300_000_000) { $0 ? true : nil }
            }
        }
        #expect(arrived.withLock { $0 } < 6_000_000)
    }

    @Test func `a manifest without end is not read to its end`() throws {
        let manifest = Array(#"{"schemaVersion":2,"annotations":{"a":""#.utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: 5 << 20)
        let registry = try FakeRegistry(answering: { request in
            // It never comes to the end that it promises.
            request.target.contains("/manifests/")
                ? .cut(manifest, after: manifest.count - 1, ["Content-Type": MediaType.ociManifest]) : .usual
        })
        #expect(try failure(of: registry)?.code == .tooLarge)
        #expect(registry.requests.count == 1)
    }

    @Test func `an error without end is not read to its end`() throws {
        let registry = try FakeRegistry(answering: { request in
            request.target.contains("/manifests/") ? .cut([UInt8](repeating: 120, count: 900_000), after: 800_000, status: 404) : .usual
        })
        #expect(try failure(of: registry)?.code == .notFound)
        #expect(registry.requests.count == 1)
    }

    @Test func `an image that is no index is compared with the platform that somebody asked for, before its layers`() throws {
        let registry = try FakeRegistry(layerSizes: [10])
        var options = PullOptions()
        options.platform = try Platform("linux/arm64")
        options.requiresPlatform = true
        let failure = #expect(throws: Failure.self) { try fixture.puller(options).pull(registry.image, entries: []) }
        #expect(failure?.code == .notFound)
        #expect(failure?.reason.hasSuffix("it is for linux/amd64") == true, "\(String(describing: failure))")
        #expect(registry.requests.count { $0.target.contains("/blobs/") } == 1)
        // What this machine is without anybody's asking is no reason to refuse.
        options.requiresPlatform = false
        #expect(try fixture.puller(options).pull(registry.image, entries: []).bytes > 0)
        options.platform = try Platform("linux/amd64")
        options.requiresPlatform = true
        options.policy = .always
        #expect(try fixture.puller(options).pull(registry.image, entries: []).requests == 1)
    }

    @Test func `a deadline does not hide what went wrong before it`() throws {
        let registry = try FakeRegistry(answering: { _ in .plain(503, ["Retry-After": "3600"]) })
        let image = try registry.image
        let deadline = SystemClocks().monotonicNanoseconds + 60_000_000_000
        let failure = #expect(throws: Failure.self) { try fixture.puller().pull(image, entries: [], until: deadline) }
        #expect(failure?.httpStatus == 503)
        #expect(failure?.reason == "the registry fails (so far after 1 try, and the time given is over)")
        // On loopback it is asked once more, because it might have spoken TLS.
        #expect(registry.requests.count == 2)
    }

    @Test func `a scheme that nobody here speaks is told`() throws {
        let registry = try FakeRegistry(answering: { _ in .plain(401, ["WWW-Authenticate": "Negotiate"]) })
        let failure = try failure(of: registry, entries: [PullFixture.entry("user", "right")])
        #expect(failure?.code == .denied)
        #expect(failure?.advice.hasPrefix("it asks for negotiate, and") == true, "\(String(describing: failure))")
    }
}
