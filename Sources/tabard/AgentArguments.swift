import ArgumentParser
import TabardCommand
import TabardCore

/// Whether the agent of this machine is asked for what providers know.
struct AgentArguments: ParsableArguments {
    @Option(
        help:
            "Ask the agent that listens at this socket first (otherwise agentSocket of the settings, then \(AgentChoice.usualPath) where it is)."
    )
    var agent: String?

    @Flag(help: "Ask no agent.")
    var noAgent = false

    func validate() throws {
        if agent != nil, noAgent { throw ValidationError("--agent and --no-agent exclude each other.") }
    }

    /// The options with this choice.
    func choice() throws(Failure) -> AgentChoice {
        try noAgent ? .none : agent.map { (path) throws(Failure) in try AgentChoice(path: path) } ?? .usual
    }
}
