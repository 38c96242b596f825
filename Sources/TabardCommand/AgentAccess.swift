public import TabardAgentProtocol
public import TabardConfig
public import TabardCore
import TabardSystem

/// The way of a program to the agent of this machine.
public struct AgentAccess: Sendable {
    private let client: AgentClient
    private let setup: String
    private let log: LogSink

    /// Looks whether there is an agent; nil when there is none or none is wanted. Costs a stat(2) then, and the reading of the settings'
    /// file, which a host that is set up afterwards need not read again.
    ///
    /// - Parameters:
    ///   - file: The settings' file of the options.
    ///   - sets: `ID.KEY=VALUE` of each `--set`.
    public init?(_ options: CommonOptions, file: ConfigurationFile, sets: [String] = [], log: LogSink) {
        // Whatever a host has started answers by itself: nothing can ask itself.
        guard options.agent != .none, CallDepth.current == 0 else { return nil }
        let path = Self.path(options, file: file)
        guard (try? FileStatus(of: path, followingLinks: false)) != nil else {
            if case .at = options.agent { log(.warning, "There is no agent at \(path): the providers are asked in this process") }
            return nil
        }
        client = AgentClient(path: path)
        setup = Self.setup(options, file: file, sets: sets)
        self.log = log
    }

    /// The digest of what this process would ask providers with.
    public static func setup(_ options: CommonOptions, file: ConfigurationFile, sets: [String] = []) -> String {
        let path = file.path
        let absolute = path.utf8.first == UInt8(ascii: "/") ? path : (try? FileSystem.resolvedPath(path)) ?? path
        return AgentSetup(
            configurationFile: absolute, pluginFolders: PluginDirectories.search(options: options.pluginFolders).paths, settings: sets
        ).digest
    }

    /// Where the agent of these options listens.
    public static func path(_ options: CommonOptions, file: ConfigurationFile) -> String {
        if case .at(let path) = options.agent { return path }
        return file.agentSocket ?? AgentClient.usualPath
    }

    /// Asks the agent.
    ///
    /// - Returns: The answer; nil when the program has to ask the providers itself, which is in the log.
    /// - Throws: The failure that the agent has told, or that it was still at work at the deadline.
    public func ask(
        _ form: AgentQuestion.Form, _ request: ProviderRequest, until deadline: Int64, with change: (inout AgentQuestion) -> Void = { _ in }
    ) throws(Failure) -> AgentReply? {
        var question = AgentQuestion(form, request, setup: setup, patience: .zero)
        change(&question)
        switch try client.ask(question, until: deadline) {
        case .answered(.failure(let failure)): throw failure
        case .answered(let reply): return reply
        case .alone(let reason, let isNews):
            log(isNews ? .warning : .info(2), "The providers are asked in this process: \(reason)")
            return nil
        }
    }
}
