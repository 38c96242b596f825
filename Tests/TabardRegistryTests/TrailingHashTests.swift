import Glibc
import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardRegistry

/// The hash beside a download, whichever way it comes to the bytes.
@Suite struct TrailingHashTests {
    private let folder = TemporaryFolder()

    private func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SplitMix(seed: seed)
        return (0..<count / 8 + 1).flatMap { _ in
            withUnsafeBytes(of: random.next()) { [UInt8]($0) }
        }
    }

    /// Hashes `bytes`, of which `prefix` are there from the start and the others come in pieces of odd sizes; the file has `onDisk`.
    private func digest(
        of bytes: [UInt8], onDisk: [UInt8]? = nil, prefix: Int = 0, seed: UInt64 = 1, _ buffers: PieceBuffers
    ) throws -> ContentDigest {
        var random = SplitMix(seed: seed)
        folder.write("file", onDisk ?? bytes)
        let file = try FileDescriptor.open(folder.path("file"), flags: O_RDONLY)
        let hash = try TrailingHash(file.number, written: Int64(prefix), .sha256, buffers)
        var position = prefix
        while position < bytes.count {
            let end = min(bytes.count, position + Int.random(in: 1...900_000, using: &random))
            // Sometimes a part behind them is there already.
            let written = Bool.random(using: &random) ? end : min(bytes.count, end + Int.random(in: 0...2_000_000, using: &random))
            bytes[position..<end].withUnsafeBytes { hash.append($0, at: Int64(position), written: Int64(written)) }
            position = written
        }
        return try hash.finish(at: Int64(bytes.count))
    }

    @Test(arguments: 0..<24 as Range<UInt64>)
    func `the digest is that of the bytes, however they come`(_ seed: UInt64) throws {
        let bytes = bytes(6_000_000 + Int(seed), seed: seed)
        let buffers = PieceBuffers(count: Int(seed % 4))
        let prefix = seed % 3 == 0 ? 0 : Int(seed) * 200_000
        #expect(try digest(of: bytes, prefix: prefix, seed: seed, buffers) == ContentHasher.digest(of: bytes, .sha256))
        // All buffers have come back.
        for _ in 0..<seed % 4 { #expect(buffers.take() != nil) }
        #expect(buffers.take() == nil)
    }

    /// Appends everything in order.
    private func digest(ofAppended bytes: [UInt8], over file: [UInt8], _ buffers: PieceBuffers) throws -> ContentDigest {
        folder.write("file", file)
        let file = try FileDescriptor.open(folder.path("file"), flags: O_RDONLY)
        let hash = try TrailingHash(file.number, written: 0, .sha256, buffers)
        for start in stride(from: 0, to: bytes.count, by: 300_001) {
            let end = min(bytes.count, start + 300_001)
            bytes[start..<end].withUnsafeBytes { hash.append($0, at: Int64(start), written: Int64(end)) }
        }
        return try hash.finish(at: Int64(bytes.count))
    }

    @Test(arguments: [1, 2, 4])
    func `bytes that come one after the other are not read again`(_ count: Int) throws {
        let bytes = bytes(20_000_000, seed: 3)
        // What is in the file does not matter.
        #expect(try digest(ofAppended: bytes, over: [], PieceBuffers(count: count)) == ContentHasher.digest(of: bytes, .sha256))
    }

    @Test func `without memory the file is read`() throws {
        let (bytes, other) = (bytes(3_000_000, seed: 4), bytes(3_000_000, seed: 5))
        #expect(try digest(ofAppended: bytes, over: other, PieceBuffers(count: 0)) == ContentHasher.digest(of: other, .sha256))
    }

    @Test func `a file that cannot be read ends it, and nobody waits`() throws {
        let bytes = bytes(9_000_000, seed: 6)
        #expect(throws: SystemError.self) { try digest(ofAppended: bytes, over: [], PieceBuffers(count: 0)) }
        let buffers = PieceBuffers(count: 1)
        #expect(throws: SystemError.self) { try digest(of: bytes, onDisk: [], prefix: 4_000_000, buffers) }
        #expect(buffers.take() != nil)
    }
}
