import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardRegistry

/// Images as one file: what tar and skopeo make of it.
@Suite struct ArchiveTests {
    private let fixture = PullFixture()

    private func pulled() throws -> (FakeRegistry, String) {
        let registry = try FakeRegistry(layerSizes: [10, 513])
        _ = try fixture.puller().pull(registry.image, entries: [])
        return (registry, try registry.image.description)
    }

    @Test func `a layout goes into an archive with its index reduced to the images wanted`() throws {
        let (registry, name) = try pulled()
        let layout = try fixture.layout()
        let top = try #require(try layout.descriptor(named: name))
        try layout.setName("registry.example/second:1", to: top, until: .max, cancellation: nil)
        let path = fixture.folder.path("image.tar")
        try layout.archive([name], as: .ociArchive, at: path, cancellation: nil)
        let listed = try Tool.run("tar", ["tf", path])
        let blobs = ([registry.manifest, registry.configuration] + registry.layers).map {
            "blobs/sha256/\(FakeRegistry.digest($0).dropFirst(7))"
        }
        #expect(
            Set(listed.output.split(separator: "\n").map(String.init))
                == Set(["oci-layout", "index.json", "blobs/", "blobs/sha256/"] + blobs))
        let index = try Tool.run("tar", ["xfO", path, "index.json"]).output
        #expect(index.contains(name) && !index.contains("second"))
        #expect(try FileSystem.names(in: fixture.folder.path).filter { $0.contains(".new-") } == [])
        // The same image is the same archive, byte for byte.
        let again = fixture.folder.path("again.tar")
        try layout.archive([name], as: .ociArchive, at: again, cancellation: nil)
        #expect(try FileSystem.contents(of: path, limit: 1 << 20) == FileSystem.contents(of: again, limit: 1 << 20))
    }

    @Test func `docker's own format has configuration, layers and tag`() throws {
        let (registry, name) = try pulled()
        let path = fixture.folder.path("image.tar")
        try fixture.layout().archive([name], as: .dockerArchive, at: path, cancellation: nil)
        let manifest = try Tool.run("tar", ["xfO", path, "manifest.json"]).output
        #expect(manifest.contains(#""RepoTags":["\#(name)"]"#), "\(manifest)")
        let layer = "\(FakeRegistry.digest(registry.layers[1]).dropFirst(7)).tar"
        #expect(manifest.contains(layer))
        let folder = TemporaryFolder()
        #expect(try Tool.run("tar", ["xf", path, "-C", folder.path]).status == 0)
        #expect(try FileSystem.contents(of: folder.path(layer), limit: 1 << 20) == registry.layers[1])
    }

    @Test func `what is not whole is not archived, and leaves no file`() throws {
        let (registry, name) = try pulled()
        let layout = try fixture.layout()
        fixture.folder.write("layout/blobs/sha256/\(FakeRegistry.digest(registry.layers[0]).dropFirst(7))", "short")
        let failure = #expect(throws: Failure.self) {
            try layout.archive([name], as: .ociArchive, at: fixture.folder.path("image.tar"), cancellation: nil)
        }
        #expect(failure?.reason == "parts of it are missing")
        #expect(try FileSystem.names(in: fixture.folder.path) == ["layout"])
        #expect(throws: Failure.self) { try layout.archive(["other:1"], as: .ociArchive, at: fixture.folder.path("x"), cancellation: nil) }
    }

    @Test(arguments: [
        ("size", "9999999999", "19 size=9999999999\n"), ("k", "v", "6 k=v\n"), ("key", "12", "9 key=12\n"), ("a", "12345", "11 a=12345\n"),
    ])
    func `a pax record counts itself`(_ key: String, _ value: String, _ record: String) {
        #expect(String(decoding: TarWriter.record(key, value), as: UTF8.self) == record)
    }
}
