import CTabardSystem

/// Who is at the other end of a unix socket, as the kernel says: nothing that the other end could claim.
public struct PeerIdentity: Sendable, Hashable {
    /// The effective user when it connected, or when it began to listen.
    public let user: UInt32
    /// The effective group, likewise.
    public let group: UInt32
    /// The process; it may have ended since, and its number may be another's by now.
    public let process: Int32

    /// Asks about a connected socket.
    init(of descriptor: Int32) throws(SystemError) {
        var (user, group, process) = (UInt32.max, UInt32.max, Int32(0))
        guard tabard_peer(descriptor, &user, &group, &process) == 0 else { throw SystemError("getsockopt", on: "SO_PEERCRED") }
        (self.user, self.group, self.process) = (user, group, process)
    }
}
