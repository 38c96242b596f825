import Glibc
import Testing

@testable import TabardSystem

@Suite struct SealedFileTests {
    @Test func `what was written is read as often as one likes, and can't be changed`() throws {
        let bytes = Array(repeating: UInt8(7), count: 200_000)
        try bytes.withUnsafeBytes { raw in
            let file = try SealedFile(raw)
            for _ in 0..<2 {
                var read: [UInt8] = []
                try file.read { read += $0 }
                #expect(read == bytes)
            }
            let number = file.number
            #expect(write(number, raw.baseAddress, 1) == -1 && errno == EPERM)
            #expect(ftruncate(number, 0) == -1 && errno == EPERM)
            #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
        }
    }

    @Test func `a descriptor that is none is refused`() throws {
        #expect(throws: SystemError.self) { try SealedFile(inherited: 0).read { _ in } }
        #expect(throws: SystemError.self) { try SealedFile(inherited: 9999).read { _ in } }
    }
}
