import Glibc
import TabardCore
import TabardPluginKit
import TabardSystem
import TabardTestSupport
import Testing

@Suite struct SmallSecretFileTests {
    private let folder = TemporaryFolder()

    @Test func `a file of 256 KiB is read whole, a longer one refused`() throws {
        folder.write("whole", [UInt8](repeating: 0x61, count: 256 << 10))
        folder.write("longer", [UInt8](repeating: 0x61, count: 256 << 10 | 1))
        #expect(try SmallSecretFile.read(folder.path("whole")).withBytes { $0.count == 256 << 10 && $0.allSatisfy { $0 == 0x61 } })
        let error = #expect(throws: SystemError.self) { try SmallSecretFile.read(folder.path("longer")) }
        #expect(error?.number == EFBIG)
    }

    @Test func `a pipe without a writer keeps nobody waiting`() throws {
        try #require(mkfifo(folder.path("pipe"), 0o600) == 0)
        #expect(try SmallSecretFile.read(folder.path("pipe")).isEmpty)
    }

    @Test func `what is not there is told`() {
        let error = #expect(throws: SystemError.self) { try SmallSecretFile.read(folder.path("gone")) }
        #expect(error?.isNotFound == true)
    }
}
