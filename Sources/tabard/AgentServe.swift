import ArgumentParser
import Glibc
import TabardAgent
import TabardCommand
import TabardConfig
import TabardCore
import TabardSystem

/// `tabard agent`: keeps one node's credentials and answers whoever asks for them, until it is ended.
struct AgentServe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Keeps this node's credentials fresh and answers provider-exec, docker-credential-tabard and tabard pull.")

    @Option(help: "Listen here (otherwise agentSocket of the settings, then \(AgentChoice.usualPath)).")
    var socket: String?

    @Option(help: "A group whose members may ask, too; otherwise root and the agent's own user alone.")
    var group: String?

    @Option(
        help: ArgumentHelp(
            "Serve numbers for Prometheus at http://ADDR:PORT/metrics; on loopback without an address.", valueName: "[addr:]port"),
        transform: MetricsPlace.parse)
    var metrics: MetricsPlace?

    @OptionGroup var common: AgentCommonArguments

    func run() throws {
        guard CallDepth.current == 0 else {
            throw Failure(.invalid, attempting: "starting the agent", reason: "a program that a host had started wants to be one")
        }
        var options = common.options
        if let socket { options.agent = try AgentChoice(path: socket, option: "--socket") }
        guard let program = FileSystem.executablePath else {
            throw Failure(.local, attempting: "starting the agent", reason: "/proc does not tell which file this program is")
        }
        let file = ConfigurationFile(option: options.configurationFile)
        var agentOptions = AgentOptions(
            socket: AgentAccess.path(options, file: file), setup: AgentAccess.setup(options, file: file), program: program,
            arguments: CommandLine.arguments)
        agentOptions.group = try group.map(Self.number(of:))
        agentOptions.metrics = metrics.map { ($0.address, $0.port) }
        let loader = AgentLoader(options: options, program: program, log: common.log)
        let agent = try Agent(agentOptions, log: common.log) { (last, looked) throws(Failure) in try loader.load(last, &looked) }
        Exit.now(try agent.run())
    }

    private static func number(of group: String) throws(Failure) -> UInt32 {
        if let number = UInt32(group) { return number }
        do throws(SystemError) {
            return try UserDatabase.group(named: group)
        } catch {
            throw ArgumentReader.wrong("--group \(group): \(error.isNotFound ? "there is no such group" : error.description)")
        }
    }
}
