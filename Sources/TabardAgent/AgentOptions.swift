public import TabardSystem

/// What an agent is started with.
public struct AgentOptions: Sendable {
    /// The path to listen at, unless the service manager has opened the socket.
    public var socket: String
    /// The group whose members may ask, too; nil for root and the own user alone.
    public var group: UInt32?
    /// Where the numbers are served; nil for nowhere.
    public var metrics: (address: IPAddress, port: Int)?
    /// The digest of this process's setup.
    public var setup: String
    /// The file of this program, and what it was started with, its name first: for the process that takes over.
    public var program: String
    /// See `program`.
    public var arguments: [String]

    /// Names what every agent needs.
    public init(socket: String, setup: String, program: String, arguments: [String]) {
        self.socket = socket
        self.setup = setup
        self.program = program
        self.arguments = arguments
    }
}
