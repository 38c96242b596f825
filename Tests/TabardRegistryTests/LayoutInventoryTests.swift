import Glibc
import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardRegistry

/// What is told of a layout's content, and what is removed from it.
@Suite struct LayoutInventoryTests {
    private let fixture = PullFixture()

    private func pull(_ registry: FakeRegistry) throws {
        _ = try fixture.puller().pull(registry.image, entries: [])
    }

    private func blob(_ bytes: [UInt8]) -> String { "layout/blobs/sha256/\(FakeRegistry.digest(bytes).dropFirst(7))" }

    @Test func `images are listed with what they need and where they run`() throws {
        let registry = try FakeRegistry(layerSizes: [10, 20])
        try pull(registry)
        let images = try fixture.layout().images()
        #expect(images.map(\.name) == [try registry.image.description])
        let bytes = Int64(30 + registry.configuration.count + registry.manifest.count)
        #expect(images.map(\.bytes) == [bytes])
        #expect(images.map(\.platforms) == [[Platform(os: "linux", architecture: "amd64")]])
        #expect(images.map(\.isWhole) == [true])
        _ = unlink(fixture.folder.path(blob(registry.layers[0])))
        #expect(try fixture.layout().images().map(\.isWhole) == [false])
    }

    @Test func `a layout is only made by whoever pulls`() {
        let failure = #expect(throws: Failure.self) { try OCILayout(path: fixture.folder.path("nothing"), making: false) }
        #expect(failure?.code == .notFound)
        #expect((try? FileStatus(of: fixture.folder.path("nothing"))) == nil)
    }

    @Test func `garbage is what no image needs, and nothing else`() throws {
        let registry = try FakeRegistry(layerSizes: [10, 20])
        try pull(registry)
        let layout = try fixture.layout()
        let top = try #require(try layout.descriptor(named: registry.image.description))
        try layout.setName("registry.example/second:1", to: top, until: .max, cancellation: nil)
        let before = try fixture.files()
        fixture.folder.write("layout/blobs/sha256/note.txt", "of somebody else")
        fixture.folder.write("layout/ingest/sha256-\(String(repeating: "0", count: 64))", "part")
        #expect(try layout.collectGarbage(until: .max, cancellation: nil).files == 1)
        #expect(try fixture.files() == (before + ["blobs/sha256/note.txt"]).sorted())

        try layout.removeImage(registry.image.description, until: .max, cancellation: nil)
        #expect(try layout.collectGarbage(until: .max, cancellation: nil).files == 0)
        #expect(try layout.images().count == 1)
        try layout.removeImage("registry.example/second:1", until: .max, cancellation: nil)
        let freed = try layout.collectGarbage(until: .max, cancellation: nil)
        #expect(freed.files == 4)
        #expect(freed.bytes == Int64(30 + registry.configuration.count + registry.manifest.count))
        #expect(try fixture.files().filter { $0.hasPrefix("blobs/") } == ["blobs/sha256/note.txt"])
    }

    @Test func `nobody collects garbage while somebody pulls`() throws {
        let layout = try fixture.layout()
        let use = try layout.use(until: .max, cancellation: nil)
        let other = try fixture.layout().use(until: .max, cancellation: nil)
        other.end()
        let failure = #expect(throws: Failure.self) { try layout.collectGarbage(until: 0, cancellation: nil) }
        #expect(failure?.code == .timedOut)
        use.end()
        #expect(try layout.collectGarbage(until: .max, cancellation: nil).files == 0)
    }

    @Test func `damaged and missing content is found, and removed on request`() throws {
        let registry = try FakeRegistry(layerSizes: [10, 20])
        try pull(registry)
        let layout = try fixture.layout()
        var read: Int64 = 0
        #expect(try layout.verify(until: .max, cancellation: nil) { read += $0 }.isEmpty)
        #expect(read == Int64(30 + registry.configuration.count + registry.manifest.count))
        fixture.folder.write(blob(registry.layers[0]), "0123456789")
        _ = unlink(fixture.folder.path(blob(registry.layers[1])))
        let damages = try layout.verify(removingDamaged: true, until: .max, cancellation: nil) { _ in }
        #expect(damages.map(\.isMissing).sorted { $0 && !$1 } == [true, false])
        #expect(Set(damages.map(\.digest.description)) == Set(registry.layers.map { FakeRegistry.digest($0) }))
        // What was removed is fetched again, though the image has not changed.
        try pull(registry)
        #expect(try layout.verify(until: .max, cancellation: nil) { _ in }.isEmpty)
    }
}
