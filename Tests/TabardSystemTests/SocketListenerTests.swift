import Glibc
import TabardSystem
import TabardTestSupport
import Testing

@Suite struct SocketListenerTests {
    @Test func `only its own file is a socket's to remove`() throws {
        let folder = TemporaryFolder()
        let first = try SocketListener.listen(at: folder.path("s"), mode: 0o600)
        #expect(first.isInPlace == true)
        unlink(folder.path("s"))
        #expect(first.isInPlace == false)
        let second = try SocketListener.listen(at: folder.path("s"), mode: 0o600)
        // While both are there, the second's file has another number.
        #expect(first.isInPlace == false)
        #expect(second.isInPlace == true)
        first.remove()
        #expect(second.isInPlace == true)
        second.remove()
        #expect(second.isInPlace == false)
        #expect(throws: SystemError.self) { try FileStatus(of: folder.path("s"), followingLinks: false) }
    }
}
