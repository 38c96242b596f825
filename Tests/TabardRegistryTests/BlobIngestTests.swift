import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardRegistry

/// Content that is large enough for a hashing thread.
@Suite struct BlobIngestTests {
    private let fixture = PullFixture()
    private let buffers = PieceBuffers()
    private static let bytes = (0..<((17 << 20) + 5) / 5).flatMap { _ in [1, 2, 3, 5, 8] as [UInt8] }
    private static let descriptor: Descriptor = {
        let digest = ContentHasher.digest(of: bytes, .sha256)
        return Descriptor(mediaType: FakeRegistry.layerType, digest: digest, size: Int64(bytes.count))
    }()

    private func begin(_ layout: OCILayout) throws -> BlobIngest? {
        try BlobIngest.begin(Self.descriptor, in: layout, buffers: buffers, until: .max, cancellation: nil)
    }

    /// Appends bytes in pieces of odd sizes.
    private func append(_ bytes: ArraySlice<UInt8>, to ingest: BlobIngest) throws {
        var rest = bytes
        while !rest.isEmpty {
            try rest.prefix(300_001).withUnsafeBytes { try ingest.append($0, at: Int64(rest.startIndex)) }
            rest = rest.dropFirst(300_001)
        }
    }

    @Test func `a large layer is hashed beside its download, and a second run goes on from what the first one left`() throws {
        let layout = try fixture.layout()
        do {
            let first = try #require(try begin(layout))
            try append(Self.bytes[..<9_000_001], to: first)
        }
        let second = try #require(try begin(layout))
        #expect(second.count == 9_000_001)
        try append(Self.bytes[9_000_001...], to: second)
        try second.check()
        try second.settle()
        #expect(try layout.contains(Self.descriptor))
        #expect(try begin(layout) == nil)
    }

    @Test func `wrong bytes in a large layer are found, and it can begin again`() throws {
        let layout = try fixture.layout()
        let ingest = try #require(try begin(layout))
        var wrong = Self.bytes
        wrong[wrong.count - 1] ^= 1
        try append(wrong[...], to: ingest)
        let failure = #expect(throws: Failure.self) { try ingest.check() }
        #expect(failure?.code == .corrupted)
        #expect(try !layout.contains(Self.descriptor))
        try ingest.restart()
        #expect(ingest.count == 0)
        try append(Self.bytes[...], to: ingest)
        try ingest.check()
        try ingest.settle()
        #expect(try layout.contains(Self.descriptor))
    }

    @Test func `a large layer that ends early is not waited for`() throws {
        let ingest = try #require(try begin(try fixture.layout()))
        try append(Self.bytes[..<1_000_000], to: ingest)
        #expect(throws: Failure.self) { try ingest.check() }
    }

    @Test func `parts in any order make the blob, and a second run asks for what lies between them only`() throws {
        let layout = try fixture.layout()
        let size = Self.bytes.count
        do {
            let first = try #require(try begin(layout))
            try append(Self.bytes[..<1_000_001], to: first)
            #expect(try first.allowParts())
            try append(Self.bytes[12_000_000...], to: first)
            try append(Self.bytes[3_000_000..<5_000_003], to: first)
        }
        let second = try #require(try begin(layout))
        #expect(second.gaps == [1_000_001..<3_000_000, 5_000_003..<12_000_000])
        try append(Self.bytes[5_000_003..<12_000_000], to: second)
        try append(Self.bytes[1_000_001..<3_000_000], to: second)
        #expect(second.gaps == [])
        try second.check()
        try second.settle()
        let path = fixture.folder.path("layout/blobs/sha256/\(Self.descriptor.digest.hex)")
        #expect(try FileStatus(of: path).size == Int64(size))
    }

    @Test func `small content comes in its order`() throws {
        let bytes: [UInt8] = [1, 2, 3]
        let small = Descriptor(mediaType: "x", digest: ContentHasher.digest(of: bytes, .sha256), size: 3)
        let ingest = try #require(try BlobIngest.begin(small, in: try fixture.layout(), buffers: buffers, until: .max, cancellation: nil))
        #expect(try !ingest.allowParts())
    }

    @Test func `bytes behind the end that are no map are no beginning of the blob`() throws {
        let layout = try fixture.layout()
        let padding = [UInt8](repeating: 7, count: Int(ByteRanges.mapOffset(size: Self.descriptor.size)) - Self.bytes.count)
        fixture.folder.write("layout/ingest/sha256-\(Self.descriptor.digest.hex)", Self.bytes + padding + [UInt8](repeating: 7, count: 64))
        let ingest = try #require(try begin(layout))
        #expect(ingest.count == 0)
    }
}
