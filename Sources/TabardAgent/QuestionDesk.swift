import TabardAgentProtocol
import TabardCache
import TabardCore
import TabardExec
import TabardHost
import TabardSystem

/// Answers the questions of clients with what the providers give.
final class QuestionDesk: Sendable {
    private let setup: String
    private let host: @Sendable () -> AgentHost
    private let status: @Sendable () -> Secret
    private let log: LogSink
    private let counts = Monitor(QuestionCounts())

    /// - Parameters:
    ///   - setup: The digest of this process's own setup.
    ///   - host: What is in force.
    ///   - status: The state of the agent, as JSON.
    init(setup: String, log: LogSink, host: @escaping @Sendable () -> AgentHost, status: @escaping @Sendable () -> Secret) {
        self.setup = setup
        self.log = log
        self.host = host
        self.status = status
    }

    /// What has been asked so far.
    var questions: QuestionCounts { counts.read { $0 } }

    /// Answers one question; blocks until the providers have answered or the deadline has passed.
    ///
    /// - Parameters:
    ///   - deadline: On CLOCK_MONOTONIC in nanoseconds.
    ///   - isOwner: Whether the client is root or the agent's own user, who may see the state of the agent.
    func answer(_ question: AgentQuestion, until deadline: Int64, isOwner: Bool) -> AgentReply {
        let start = SystemClocks().monotonicNanoseconds
        let reply = reply(to: question, until: deadline, isOwner: isOwner)
        let took = SystemClocks().monotonicNanoseconds - start
        if question.form != .status { counts.withLock { $0.count(form: question.form.rawValue, outcome: reply.word, took: took) } }
        return reply
    }

    private func reply(to question: AgentQuestion, until deadline: Int64, isOwner: Bool) -> AgentReply {
        if question.form == .status {
            return isOwner
                ? .status(status())
                : .failure(
                    Failure(.denied, attempting: "telling the state of the agent", reason: "only root and the agent's own user may see it"))
        }
        guard question.setup == setup else {
            return .notMine("the agent's settings or environment differ from this program's, and so may the credentials")
        }
        let host = host()
        guard question.providers.isSubset(of: host.providers), question.providers.isDisjoint(with: host.dormantProviders) else {
            return .notMine("the agent does not ask the providers that are named here")
        }
        let resolution = resolution(of: question, host, until: deadline)
        if let failure = resolution.failure {
            // The end of the agent is not the end of the client.
            return failure.code == .cancelled ? .notMine("the agent is ending") : .failure(failure)
        }
        if resolution.sources.isEmpty, let failure = host.blindSpot() { return .failure(failure) }
        do throws(Failure) {
            switch question.form {
            case .kubeletResponse:
                guard let version = ExecVersion(rawValue: question.kubeletVersion) else {
                    return .notMine("the agent does not know the version \(question.kubeletVersion) of the kubelet's protocol")
                }
                return .kubeletResponse(
                    try ExecResponse(
                        version: version, entries: resolution.emitted, scope: resolution.scope,
                        duration: resolution.lifetime.map { min($0, AgentTiming.longestKeptByKubelets) }
                    ).write())
            case .logins, .reply:
                let entries = question.form == .logins ? resolution.entries : resolution.emitted
                return .entries(ProviderReply(entries: entries, scope: resolution.scope, duration: resolution.lifetime))
            case .status: return .notMine("")
            }
        } catch {
            return .failure(error)
        }
    }

    /// What the providers say; once more when a registry has refused what they said last.
    private func resolution(of question: AgentQuestion, _ host: AgentHost, until deadline: Int64) -> Resolution {
        let wanted = question.form == .kubeletResponse ? host.pluginProviders : host.providers
        let chosen = question.providers.isEmpty ? wanted : question.providers.intersection(wanted)
        let resolution = host.resolver.resolve(question.request, among: chosen, until: deadline)
        guard !question.refused.isEmpty else { return resolution }
        let refused = resolution.emitted.filter { question.refused.contains(AgentQuestion.mark(of: $0)) }
        guard refused.contains(where: { host.resolver.refused($0, for: question.request) }) else { return resolution }
        return host.resolver.resolve(question.request, among: chosen, until: deadline)
    }
}

extension AgentReply {
    /// How it ended, for counting.
    fileprivate var word: String {
        switch self {
        case .kubeletResponse, .entries, .status: "answered"
        case .failure(let failure): failure.code.rawValue
        case .notMine: "not-mine"
        }
    }
}
