import Glibc
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardAgentProtocol

@Suite struct TrustTests {
    private let folder = TemporaryFolder()
    private var user: UInt32 { FileSystem.effectiveUser }

    private func socket(mode: UInt32 = 0o600) throws -> String {
        let path = folder.path("agent.sock")
        let listener = try SocketListener.listen(at: path, mode: mode)
        #expect(try FileStatus(of: path).mode == mode)
        _ = listener.number
        return path
    }

    @Test(arguments: [0o600, 0o660]) func `a socket of our own in a folder of our own may be asked`(mode: UInt32) throws {
        #expect(try AgentTrust.complaint(aboutSocket: try socket(mode: mode)) == nil)
    }

    @Test func `a socket that everybody may replace is not`() throws {
        #expect(try AgentTrust.complaint(aboutSocket: try socket(mode: 0o606))?.contains("0606") == true)
    }

    @Test(arguments: [0o770, 0o707, 0o1777]) func `a folder that others can write to is not`(mode: mode_t) throws {
        let path = try socket()
        chmod(folder.path, mode)
        defer { chmod(folder.path, 0o700) }
        #expect(try AgentTrust.complaint(aboutSocket: path)?.contains("its folder") == true)
    }

    @Test func `what belongs to somebody else is not`() throws {
        let path = try socket()
        // Of whoever runs the tests, neither root's nor this one's.
        guard user != 0 else {
            #expect(chown(path, 12_345, 0) == 0)
            #expect(try AgentTrust.complaint(aboutSocket: path)?.contains("12345") == true)
            #expect(chown(path, 0, 0) == 0 && chown(folder.path, 12_345, 0) == 0)
            #expect(try AgentTrust.complaint(aboutSocket: path)?.contains("its folder") == true)
            #expect(try AgentTrust.complaint(aboutSocket: path, user: 12_345) == nil)
            return
        }
        #expect(try AgentTrust.complaint(aboutSocket: path, user: user + 1)?.contains("\(user)") == true)
    }

    @Test func `a file that is no socket is not, and neither is a link to one`() throws {
        #expect(try AgentTrust.complaint(aboutSocket: folder.write("file", "")) == "it is no socket")
        let path = try socket()
        #expect(TemporaryFolder.link(path, at: folder.path("link")))
        #expect(try AgentTrust.complaint(aboutSocket: folder.path("link")) == "it is no socket")
    }

    @Test(arguments: ["/run/tabard/agent.sock": "/run/tabard", "/agent.sock": "/", "agent.sock": "."])
    func `the folder of a path`(path: String, folder: String) { #expect(AgentTrust.folder(of: path) == folder) }
}
