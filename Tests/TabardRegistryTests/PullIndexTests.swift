import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardRegistry

/// Images of several platforms: which is taken, what counts as present, and what an index may not say.
@Suite struct PullIndexTests {
    private let fixture = PullFixture()

    /// One more thing that a registry has.
    private struct Content {
        let type: String
        let bytes: [UInt8]

        init(_ type: String, _ text: String) {
            self.type = type
            bytes = Array(text.utf8)
        }

        var digest: String { FakeRegistry.digest(bytes) }

        /// Its descriptor, with another size or further members when a test wants that.
        func described(size: Int? = nil, _ more: String = "") -> String {
            #"{"mediaType":"\#(type)","digest":"\#(digest)","size":\#(size ?? bytes.count)\#(more.isEmpty ? "" : "," + more)}"#
        }
    }

    private static let configuration = Content(FakeRegistry.configurationType, #"{"os":"linux"}"#)

    private static func image(_ layers: [String]) -> Content {
        Content(
            MediaType.ociManifest,
            #"{"schemaVersion":2,"config":\#(configuration.described()),"layers":[\#(layers.joined(separator: ","))]}"#)
    }

    private static func index(_ entries: [String]) -> Content {
        Content(MediaType.ociIndex, #"{"schemaVersion":2,"manifests":[\#(entries.joined(separator: ","))]}"#)
    }

    /// A registry whose tag `1` is `top`, and that has `contents` by digest.
    private func registry(_ top: Content, _ contents: [Content]) throws -> FakeRegistry {
        try FakeRegistry(answering: { request in
            let name = request.target.split(separator: "/").last.map(String.init) ?? ""
            let isManifest = request.target.contains("/manifests/")
            guard let content = name == "1" ? top : ([top, Self.configuration] + contents).first(where: { $0.digest == name }),
                isManifest == (MediaType.isManifest(content.type) || MediaType.isIndex(content.type))
            else { return .plain(404) }
            return .plain(200, ["Content-Type": content.type], content.bytes)
        })
    }

    private static let small = Content(FakeRegistry.layerType, "layer of amd64")
    private static let large = Content(FakeRegistry.layerType, "layer of arm64")
    private static let amd64 = image([small.described()])
    private static let arm64 = image([large.described()])
    private static let both = index([
        amd64.described(#""platform":{"os":"linux","architecture":"amd64"}"#),
        arm64.described(#""platform":{"os":"linux","architecture":"arm64"}"#),
    ])

    private func options(_ platform: String?) throws -> PullOptions {
        var options = PullOptions()
        options.platform = try platform.map { try Platform($0) }
        options.policy = .ifNotPresent
        return options
    }

    private func pull(_ registry: FakeRegistry, _ platform: String?, _ image: ImageReference? = nil) throws -> PulledImage {
        let deadline = SystemClocks().monotonicNanoseconds + 20_000_000_000
        return try fixture.puller(options(platform)).pull(image ?? registry.image, entries: [], until: deadline)
    }

    @Test func `an image of another platform is not the one that is wanted`() throws {
        let registry = try registry(Self.both, [Self.amd64, Self.arm64, Self.small, Self.large])
        #expect(try pull(registry, "linux/amd64").digest.description == Self.amd64.digest)
        #expect(try pull(registry, "linux/arm64").digest.description == Self.arm64.digest)
        #expect(try pull(registry, "linux/arm64").wasPresent)
        #expect(try pull(registry, nil).digest.description == Self.both.digest)
        #expect(try pull(registry, nil).wasPresent)
    }

    @Test func `an image of an index that is named by digest is present the second time`() throws {
        let registry = try registry(Self.both, [Self.amd64, Self.arm64, Self.small, Self.large])
        let image = try ImageReference("\(registry.host)/team/app:1@\(Self.both.digest)")
        #expect(try pull(registry, "linux/amd64", image).digest.description == Self.amd64.digest)
        let again = try pull(registry, "linux/amd64", image)
        #expect(again.wasPresent && again.digest.description == Self.amd64.digest)
    }

    @Test func `what an index holds beside images comes with it as it is`() throws {
        let list = Content("application/vnd.example.list+json", #"{"packages":[]}"#)
        let registry = try registry(
            Self.index([Self.amd64.described(), list.described()]), [Self.amd64, Self.small, list])
        _ = try pull(registry, nil)
        #expect(try fixture.layout().contains(Descriptor(mediaType: "", digest: ContentDigest(list.digest), size: Int64(list.bytes.count))))
        #expect(try pull(registry, nil).wasPresent)
    }

    @Test(arguments: [
        index([amd64.described(size: 5, #""platform":{"os":"linux","architecture":"amd64"}"#)]),
        image([small.described(), small.described(size: 3)]),
        image([small.described(size: Int.max), large.described(size: Int.max)]),
    ])
    private func `sizes that cannot be are refused`(_ top: Content) throws {
        let registry = try registry(top, [Self.amd64, Self.small, Self.large])
        let problem = #expect(throws: Failure.self) { try pull(registry, "linux/amd64") }
        #expect(problem?.code == .badResponse || problem?.code == .corrupted, "\(String(describing: problem))")
        #expect(problem?.reason.contains("size") == true || problem?.reason.contains("bytes") == true, "\(String(describing: problem))")
        #expect(!registry.requests.contains { $0.target.hasSuffix(Self.large.digest) }, "nothing is fetched for it")
    }

    @Test func `the same layer twice is fetched once`() throws {
        let registry = try registry(Self.image([Self.small.described(), Self.small.described()]), [Self.small])
        _ = try pull(registry, "linux/amd64")
        #expect(registry.requests.count { $0.target.hasSuffix(Self.small.digest) } == 1)
    }

    @Test func `an image without layers, and a layer without bytes, are images`() throws {
        let empty = Content(FakeRegistry.layerType, "")
        for layers in [[], [empty.described()]] {
            let fixture = PullFixture()
            let registry = try registry(Self.image(layers), [])
            let pulled = try fixture.puller(options("linux/amd64")).pull(registry.image, entries: [])
            #expect(pulled.requests == 2)
        }
    }

    @Test func `what others wrote into the index of a layout stays there`() throws {
        let registry = try registry(Self.both, [Self.amd64, Self.small])
        _ = try fixture.layout()
        let other = #"{"mediaType":"x/y","digest":"sha256:\#(String(repeating: "c", count: 64))","size":1}"#
        fixture.folder.write("layout/index.json", #"{"schemaVersion":2,"annotations":{"a":"b"},"manifests":[\#(other)]}"#.utf8)
        fixture.folder.write("layout/blobs/notes.txt", "not ours".utf8)
        _ = try pull(registry, "linux/amd64")
        let index = String(decoding: try FileSystem.contents(of: fixture.folder.path("layout/index.json"), limit: 1 << 20), as: UTF8.self)
        #expect(index.contains(#""annotations":{"a":"b"}"#) && index.contains(other), "\(index)")
    }
}
