import TabardAgentProtocol
public import TabardCore

/// Whether and where a program asks the agent of this machine before it asks providers itself.
public enum AgentChoice: Sendable, Hashable {
    /// The one that the settings name or that listens at the usual place, if any.
    case usual
    /// The one that listens here.
    case at(String)
    /// None.
    case none

    /// Where agents listen unless they are told otherwise.
    public static let usualPath = AgentClient.usualPath

    /// Reads the value of `--agent`, or of another option that names the socket.
    public init(path: String, option: String = "--agent") throws(Failure) {
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw ArgumentReader.wrong("\(option) \(path) is no absolute path", advice: "start it with /")
        }
        self = .at(path)
    }
}
