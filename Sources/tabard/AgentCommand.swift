import ArgumentParser

/// `tabard agent`: the process that answers for a node, and questions to it.
struct AgentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Keeps this node's credentials fresh and answers provider-exec, docker-credential-tabard and tabard pull.",
        discussion: """
            Example:
              tabard agent --socket /run/tabard/agent.sock
              tabard agent status
            """,
        subcommands: [AgentServe.self, AgentStatusCommand.self], defaultSubcommand: AgentServe.self)
}
