import Glibc
import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardRegistry

/// Who brings blobs to disk: the downloading thread, or others beside it.
@Suite struct BlobSettlingTests {
    private let fixture = PullFixture()
    private let clocks = FakeClocks()
    private let log = Monitor(Log())

    private struct Log {
        var threads: [(digest: ContentDigest, thread: UInt)] = []
        var inFlight = 0
        var most = 0
        var isOpen = false
    }

    private func blobs(_ count: Int) throws -> [BlobIngest] {
        let (layout, buffers) = (try fixture.layout(), PieceBuffers())
        return try (0..<count).map { number in
            let bytes = [UInt8(number)]
            let descriptor = Descriptor(mediaType: "x", digest: ContentHasher.digest(of: bytes, .sha256), size: 1)
            return try #require(try BlobIngest.begin(descriptor, in: layout, buffers: buffers, until: .max, cancellation: nil))
        }
    }

    /// A disk that needs `duration` for each blob.
    private func settling(_ duration: Duration, then: @escaping @Sendable () -> Void = {}) -> BlobSettling {
        BlobSettling(clocks: clocks) { [clocks, log] blob in
            log.withLock {
                $0.threads.append((blob.descriptor.digest, UInt(pthread_self())))
                $0.inFlight += 1
                $0.most = max($0.most, $0.inFlight)
            }
            clocks.advance(by: duration)
            then()
            log.withLock { $0.inFlight -= 1 }
        }
    }

    private func expectOnce(_ blobs: [BlobIngest]) {
        let settled = log.read { $0.threads.map(\.digest.description) }
        #expect(settled.sorted() == blobs.map(\.descriptor.digest.description).sorted())
    }

    @Test func `where the disk answers at once no other thread is bothered`() throws {
        let blobs = try blobs(20)
        let settling = settling(.microseconds(200))
        for blob in blobs { settling.add(blob) }
        expectOnce(blobs)
        settling.finish()
        #expect(Set(log.read { $0.threads.map(\.thread) }) == [UInt(pthread_self())])
    }

    @Test func `after a slow one others settle beside the downloads, twelve at most, and everything once`() throws {
        let blobs = try blobs(30)
        let log = log
        // None of them ends before fourteen have begun: the first alone, twelve beside, and one by the thread that comes with it.
        let settling = settling(.milliseconds(1)) {
            let isFirst = log.read { $0.threads.count == 1 }
            log.update { if $0.inFlight == 13 { $0.isOpen = true } }
            if isFirst { return }
            _ = log.wait(until: SystemClocks().monotonicNanoseconds + 60_000_000_000) { $0.isOpen ? true : nil }
        }
        for blob in blobs { settling.add(blob) }
        #expect(log.read { $0.isOpen })
        settling.finish()
        expectOnce(blobs)
        let (threads, most) = log.read { (Set($0.threads.map(\.thread)), $0.most) }
        #expect(most == 13)
        #expect(threads.count == 13 && threads.contains(UInt(pthread_self())))
    }

    @Test func `a disk that is quick again gets its blobs from the downloading thread again`() throws {
        let blobs = try blobs(4)
        let isSlow = Guarded(true)
        let settling = BlobSettling(clocks: clocks) { [clocks, log] blob in
            if isSlow.withLock({ $0 }) { clocks.advance(by: .milliseconds(1)) }
            log.update { $0.threads.append((blob.descriptor.digest, UInt(pthread_self()))) }
        }
        settling.add(blobs[0])
        isSlow.withLock { $0 = false }
        settling.add(blobs[1])
        _ = log.wait(until: SystemClocks().monotonicNanoseconds + 60_000_000_000) { $0.threads.count == 2 ? true : nil }
        // Its thread has ended by then, and its time is known.
        settling.finish()
        settling.add(blobs[2])
        settling.add(blobs[3])
        let threads = log.read { $0.threads.map { $0.thread == UInt(pthread_self()) } }
        #expect(threads == [true, false, true, true])
        expectOnce(blobs)
    }

    @Test func `the end without anything is at once`() {
        settling(.zero).finish()
        #expect(log.read { $0.threads.isEmpty })
    }
}
