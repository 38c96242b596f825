import TabardAgentProtocol
import TabardCache
import TabardCore
import TabardHost
import TabardSystem

/// A provider that the agent of this machine is asked about first, and that is asked itself only when the agent does not answer for it.
final class AgentProvider: Provider {
    private let provider: any Provider
    private let access: AgentAccess
    /// The marks of what the agent has given so far: what a registry refuses is among them.
    private let given = Monitor<[CacheKey: Set<String>]>([:])

    init(_ provider: any Provider, access: AgentAccess) {
        self.provider = provider
        self.access = access
    }

    var id: String { provider.id }
    var patterns: [ImagePattern] { provider.patterns }
    func serving(_ image: ImageReference) -> [ImagePattern] { provider.serving(image) }
    var matchesEveryImage: Bool { provider.matchesEveryImage }
    var usesServiceAccount: Bool { provider.usesServiceAccount }
    var origin: Origin { provider.origin }

    func provide(_ request: ProviderRequest, call: ProviderCall) throws(Failure) -> ProviderReply {
        let key = CacheKey(provider: id, request: request)
        let reply = try access.ask(.reply, request, until: call.deadline) { question in
            question.providers = [id]
            if request.isFresh { question.refused = given.read { $0[key] ?? [] } }
        }
        guard case .entries(let reply)? = reply else { return try provider.provide(request, call: call) }
        given.withLock { $0[key] = Set(reply.entries.map(AgentQuestion.mark)) }
        return reply
    }
}
