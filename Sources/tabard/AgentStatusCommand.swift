import ArgumentParser
import TabardAgentProtocol
import TabardCommand
import TabardConfig
import TabardCore
import TabardJSON
import TabardSystem

/// `tabard agent status`: what the agent of this node holds and does.
struct AgentStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows what the agent of this node holds, without any secret.",
        discussion: """
            Example:
              tabard agent status --json
            """)

    @Option(help: "The agent's socket (otherwise agentSocket of the settings, then \(AgentChoice.usualPath)).")
    var socket: String?

    @Option(name: .customLong("config"), help: "Settings (otherwise TABARD_CONFIG, then /etc/tabard/config.json).")
    var configurationFile: String?

    @Flag(help: "One JSON object instead of a table.")
    var json = false

    private static let attempting = "asking the agent for its state"

    func run() throws {
        var options = CommonOptions()
        options.configurationFile = configurationFile
        if let socket { options.agent = try AgentChoice(path: socket, option: "--socket") }
        let path = AgentAccess.path(options, file: ConfigurationFile(option: configurationFile))
        let state = try Self.ask(path)
        guard !json else { Exit.text(state.withBytes { String(decoding: $0, as: UTF8.self) }) }
        let source = JSONSource(path, attempting: Self.attempting, code: .badResponse)
        Exit.text(try AgentStatusTable(try JSONDocument(reading: state, from: source).root).text)
    }

    private static func ask(_ path: String) throws(Failure) -> Secret {
        // Every question names an image; for this one it does not count.
        let question = AgentQuestion(
            .status, ProviderRequest(image: try ImageReference("registry.invalid/status")), setup: "", patience: .zero)
        switch try AgentClient(path: path).ask(question, until: SystemClocks().monotonicNanoseconds + 10_000_000_000) {
        case .answered(.status(let state)): return state
        case .answered(.failure(let failure)): throw failure
        case .answered: throw Failure(.badResponse, attempting: attempting, on: path, reason: "it answered something else")
        case .alone(let reason, _):
            throw Failure(
                .unavailable, attempting: attempting, on: path, reason: reason, advice: "start it with `tabard agent`, or name its --socket"
            )
        }
    }
}
