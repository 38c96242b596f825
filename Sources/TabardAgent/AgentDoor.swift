import Glibc
import TabardAgentProtocol
import TabardCore
import TabardSystem

/// The socket that clients knock at, and who is let in.
struct AgentDoor: Sendable {
    let path: String
    let group: UInt32?

    private static let attempting = "opening the agent's socket"

    /// Makes the folder if it is missing, and listens, unless another agent does.
    func open() throws(Failure) -> SocketListener {
        let folder = AgentTrust.folder(of: path)
        do throws(SystemError) {
            if mkdir(folder, 0o755) != 0, errno != EEXIST { throw SystemError("mkdir", on: folder) }
            if let complaint = try AgentTrust.complaint(aboutFolder: folder) {
                throw SystemError("listen", on: "\(path): its folder \(folder) \(complaint)", number: EPERM)
            }
            try checkVacancy()
            return try SocketListener.listen(at: path, mode: group == nil ? 0o600 : 0o660, group: group)
        } catch {
            throw Failure(
                .local, attempting: Self.attempting, on: path, reason: error.description,
                advice: Self.advice(error.number))
        }
    }

    private static func advice(_ number: Int32) -> String {
        switch number {
        case EADDRINUSE: "end the other agent first, or use another --socket"
        case ENOTSOCK: "remove what is there, or use another --socket"
        case ENAMETOOLONG: "a socket's path has at most 107 bytes, and a few more are needed while it is made"
        case ENOENT: "make the folder above first"
        default: "the folder must belong to root or this user, and nobody else may write to it"
        }
    }

    private func checkVacancy() throws(SystemError) {
        guard let status = try? FileStatus(of: path, followingLinks: false) else { return }
        // What is no socket is somebody's file.
        guard status.kind == .socket else { throw SystemError("bind", on: path, number: ENOTSOCK) }
        let limit = SystemClocks().monotonicNanoseconds + 1_000_000_000
        // Nobody listens at what an agent that was killed has left.
        guard (try? UnixConnection.connect(to: path, until: limit)) != nil else { return }
        throw SystemError("bind", on: path, number: EADDRINUSE)
    }

    /// Whether whoever connected may ask, and whether it may see the state of the agent.
    func admits(_ connection: borrowing UnixConnection) throws(SystemError) -> (mayAsk: Bool, isOwner: Bool, user: UInt32) {
        let peer = try connection.peer
        if peer.user == 0 || peer.user == FileSystem.effectiveUser { return (true, true, peer.user) }
        guard let group else { return (false, false, peer.user) }
        return (try connection.peerIsIn(group: group), false, peer.user)
    }
}
