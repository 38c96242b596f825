import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardRegistry

/// What is done to pullers elsewhere, and attacks that others have had, each with the outcome that a pull must have here.
@Suite struct FaultMatrixTests {
    private let fixture = PullFixture()
    private static let configuration = Array(#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#.utf8)
    private static let layer = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 3) }
    private static let dockerLayer = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    private static let dockerConfiguration = "application/vnd.docker.container.image.v1+json"

    /// A manifest of one layer, of which the test says the rest.
    private static func manifest(
        _ layer: String, type: String = MediaType.ociManifest, configurationType: String = FakeRegistry.configurationType
    ) -> [UInt8] {
        Array(
            #"{"schemaVersion":2,"mediaType":"\#(type)","config":\#(FakeRegistry.describe(configuration, configurationType)),"layers":[\#(layer)]}"#
                .utf8)
    }

    private static func described(_ type: String = FakeRegistry.layerType, _ size: Int = layer.count, _ more: String = "") -> String {
        #"{"mediaType":"\#(type)","digest":"\#(FakeRegistry.digest(layer))","size":\#(size)\#(more)}"#
    }

    /// A registry of that manifest, the layer and the configuration.
    private func registry(
        _ manifest: [UInt8], type: String = MediaType.ociManifest,
        answering: @escaping @Sendable (FakeRegistry.Request) -> FakeRegistry.Answer = { _ in .usual }
    ) throws -> FakeRegistry {
        try FakeRegistry(manifest: manifest) { request in
            let special = answering(request)
            guard case .usual = special else { return special }
            if request.target.contains("/manifests/") { return .plain(200, ["Content-Type": type], manifest) }
            return request.target.hasSuffix(FakeRegistry.digest(Self.layer)) ? .plain(200, [:], Self.layer) : .usual
        }
    }

    private func failure(of registry: FakeRegistry) throws -> Failure? {
        let image = try registry.image
        return #expect(throws: Failure.self) { try fixture.puller().pull(image, entries: []) }
    }

    @Test func `a descriptor that promises more than there is fails, and nothing has a name`() throws {
        let problem = try failure(of: try registry(Self.manifest(Self.described(FakeRegistry.layerType, Self.layer.count + 1000))))
        #expect(problem?.reason.contains("of 101000 bytes arrived") == true, "\(String(describing: problem))")
        #expect(
            try !fixture.files().contains { $0.hasPrefix("blobs/") && $0.hasSuffix(String(FakeRegistry.digest(Self.layer).dropFirst(7))) })
        #expect(try !fixture.files().contains("index.json"))
    }

    @Test func `a foreign layer comes from the registry, and its host is not asked`() throws {
        let foreign = try FakeRegistry(answering: { _ in .plain(401, ["WWW-Authenticate": "Basic realm=\"give\""]) })
        let urls = #","urls":["http://\#(foreign.host)/layer"]"#
        let registry = try registry(
            Self.manifest(Self.described("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", Self.layer.count, urls)))
        _ = try fixture.puller().pull(registry.image, entries: [PullFixture.entry("user", "right")])
        #expect(foreign.requests.isEmpty)
    }

    @Test(arguments: [
        ("text/html; charset=utf-8", "<html>Sign in</html>", "text/html"),
        ("application/vnd.docker.distribution.manifest.v1+prettyjws", #"{"schemaVersion":1}"#, "schema 1"),
        (MediaType.ociManifest, #"{"schemaVersion":2,"config":{},"layers":[],"manifests":[]}"#, "CVE-2021-41190"),
        (MediaType.ociManifest, #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","layers":[]}"#, "says that it is"),
    ])
    func `an answer that is no manifest is told by what it is`(_ type: String, _ body: String, _ told: String) throws {
        let problem = try failure(of: try registry(Array(body.utf8), type: type))
        #expect(problem?.description.contains(told) == true, "\(String(describing: problem))")
    }

    @Test func `nobody who does not ask is told a credential`() throws {
        let registry = try registry(Self.manifest(Self.described()))
        let pulled = try fixture.puller().pull(registry.image, entries: [PullFixture.entry("user", "right")])
        #expect(pulled.credential == nil)
        #expect(registry.requests.allSatisfy { $0.headers["authorization"] == nil })
    }

    @Test func `a layer that stalls is asked for again from where it stands`() throws {
        let registry = try registry(Self.manifest(Self.described())) { request in
            guard request.target.hasSuffix(FakeRegistry.digest(Self.layer)) else { return .usual }
            if request.repetition == 0 { return .stall(Self.layer, after: 60_000) }
            return .plain(206, ["Content-Range": "bytes 60000-99999/100000"], Array(Self.layer[60_000...]))
        }
        _ = try fixture.puller(stallTimeout: .milliseconds(300)).pull(registry.image, entries: [])
        let ranges = registry.requests.filter { $0.target.hasSuffix(FakeRegistry.digest(Self.layer)) }.map { $0.headers["range"] }
        #expect(ranges == [nil, "bytes=60000-"])
    }

    @Test(arguments: [400, 401, 403])
    func `a storage address that has expired is asked for anew at the registry`(_ status: Int) throws {
        let storage = try FakeRegistry(answering: { request in
            request.repetition == 0 ? .plain(status) : .plain(200, [:], Self.layer)
        })
        let other = storage.host
        let registry = try registry(Self.manifest(Self.described())) { request in
            request.target.hasSuffix(FakeRegistry.digest(Self.layer))
                ? .plain(307, ["Location": "http://\(other)/signed?secret=1"]) : .usual
        }
        _ = try fixture.puller().pull(registry.image, entries: [])
        #expect(registry.requests.count { $0.target.hasSuffix(FakeRegistry.digest(Self.layer)) } == 2)
    }

    @Test func `a Bearer token stays with the registry when another port of its host is redirected to, and a challenge needs no scope`()
        throws
    {
        let storage = try FakeRegistry(answering: { _ in .plain(200, [:], Self.layer) })
        let other = storage.host
        let registry = try registry(Self.manifest(Self.described())) { request in
            if request.target.hasPrefix("/token") { return .plain(200, [:], Array(#"{"access_token":"t0"}"#.utf8)) }
            guard request.headers["authorization"] == "Bearer t0" else {
                return .plain(401, ["WWW-Authenticate": "Bearer realm=\"http://\(request.headers["host"] ?? "")/token\",service=\"reg\""])
            }
            return request.target.hasSuffix(FakeRegistry.digest(Self.layer)) ? .plain(307, ["Location": "http://\(other)/x"]) : .usual
        }
        _ = try fixture.puller().pull(registry.image, entries: [PullFixture.entry("user", "right")])
        #expect(storage.requests.count == 1)
        #expect(storage.requests.allSatisfy { $0.headers["authorization"] == nil })
        let asked = registry.requests.first { $0.target.hasPrefix("/token") }?.target ?? ""
        #expect(asked.contains("scope=repository%3Ateam%2Fapp%3Apull") || asked.contains("scope=repository:team/app:pull"), "\(asked)")
    }

    @Test func `Docker's manifest keeps its bytes, and becomes OCI's on request`() throws {
        let bytes = Self.manifest(
            Self.described(Self.dockerLayer), type: MediaType.dockerManifest, configurationType: Self.dockerConfiguration)
        let registry = try registry(bytes, type: MediaType.dockerManifest)
        let name = try registry.image.description
        let layout = try fixture.layout()
        let pulled = try fixture.puller().pull(registry.image, entries: [])
        let kept = try #require(try layout.descriptor(named: name))
        #expect(try layout.content(of: kept) == bytes)
        var options = PullOptions()
        options.policy = .always
        options.convertsToOCI = true
        let converted = try fixture.puller(options).pull(registry.image, entries: [])
        // What is told is the registry's.
        #expect(converted.digest == pulled.digest)
        let new = try #require(try layout.descriptor(named: name))
        #expect(new.mediaType == MediaType.ociManifest && new.digest != kept.digest)
        let text = String(decoding: try #require(try layout.content(of: new)), as: UTF8.self)
        #expect(text.contains(FakeRegistry.configurationType) && text.contains(FakeRegistry.layerType) && !text.contains("docker"))
        #expect(try layout.contents(of: new).isWhole)
    }

    @Test func `an index of Docker's becomes one of OCI's, with what it names`() throws {
        let child = Self.manifest(
            Self.described(Self.dockerLayer), type: MediaType.dockerManifest, configurationType: Self.dockerConfiguration)
        let list = Array(
            """
            {"schemaVersion":2,"mediaType":"\(MediaType.dockerList)","manifests":[{"mediaType":"\(MediaType.dockerManifest)",\
            "digest":"\(FakeRegistry.digest(child))","size":\(child.count),"platform":{"os":"linux","architecture":"amd64"},"annotations":{"a":"b"}}]}
            """.utf8)
        func read(_ bytes: [UInt8], _ type: String) throws -> Manifest {
            try Manifest(bytes: bytes, digest: ContentHasher.digest(of: bytes, .sha256), contentType: type, image: "i")
        }
        let originals = [try read(child, MediaType.dockerManifest), try read(list, MediaType.dockerList)]
        let conversion = try OCIConversion(originals, image: "i")
        guard case .index(let entries) = conversion.manifests[1].content else {
            Issue.record("no index")
            return
        }
        #expect(entries.map(\.digest) == [conversion.manifests[0].descriptor.digest])
        #expect(entries[0].size == conversion.manifests[0].descriptor.size && entries[0].platform?.architecture == "amd64")
        #expect(String(decoding: conversion.manifests[1].bytes, as: UTF8.self).contains(#""annotations":{"a":"b"}"#))
        #expect(conversion.descriptor(for: originals[1].descriptor).mediaType == MediaType.ociIndex)
        // And what is OCI's already stays as it is.
        let again = try OCIConversion(conversion.manifests, image: "i")
        #expect(again.manifests.map(\.bytes) == conversion.manifests.map(\.bytes))
    }

    @Test func `a host that asks for patience slows whoever asks it, and nobody else`() {
        let clocks = FakeClocks()
        let waits = Guarded<[Int64]>([])
        let pace = HostPace(clocks: clocks) { until, _ in waits.withLock { $0.append(until - clocks.monotonicNanoseconds) } }
        pace.hold("https://a.example", for: .seconds(7))
        pace.wait(for: "https://b.example", until: .max, cancellation: nil)
        #expect(waits.withLock { $0 }.isEmpty)
        pace.wait(for: "https://a.example", until: .max, cancellation: nil)
        #expect(waits.withLock { $0 } == [7_000_000_000])
    }
}
