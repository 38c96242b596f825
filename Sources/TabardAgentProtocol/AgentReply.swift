public import TabardCore
import TabardJSON

/// What the agent answers.
public enum AgentReply: Sendable {
    /// The bytes that the kubelet gets.
    case kubeletResponse(Secret)
    /// Entries with their scope and what is left of their lifetime.
    case entries(ProviderReply)
    /// There is no answer, and asking elsewhere cannot help.
    case failure(Failure)
    /// The client has to ask by itself, for this reason.
    case notMine(String)
    /// The state of the agent, as JSON.
    case status(Secret)

    /// The message that carries it.
    public func frame() throws(Failure) -> AgentFrame {
        switch self {
        case .kubeletResponse(let bytes): AgentFrame(.kubeletResponse, bytes)
        case .entries(let reply): AgentFrame(.reply, try Self.write(reply))
        case .failure(let failure): AgentFrame(.failure, failure.wireForm)
        case .notMine(let reason): AgentFrame(.notMine, Secret(reason))
        case .status(let json): AgentFrame(.status, json)
        }
    }

    /// Reads the message; nil for one that is no answer.
    ///
    /// Throws `.badResponse` when the agent breaks the protocol.
    public init?(_ frame: AgentFrame) throws(Failure) {
        switch frame.kind {
        case .kubeletResponse: self = .kubeletResponse(frame.body)
        case .reply: self = .entries(try Self.read(frame.body))
        case .failure: self = .failure(try Failure(wireForm: frame.body))
        case .notMine: self = .notMine(frame.body.withBytes { String(decoding: $0.prefix(1024), as: UTF8.self) })
        case .status: self = .status(frame.body)
        case .question, .acknowledged, .working: return nil
        }
    }

    static let source = JSONSource("the answer", attempting: "reading the answer of the agent", code: .badResponse)

    private static func write(_ reply: ProviderReply) throws(Failure) -> Secret {
        var json = JSONWriter()
        try json.object { json throws(Failure) in
            json.field("scope", (reply.scope ?? .image).rawValue)
            json.field("lifetime", max(0, (reply.duration ?? .zero).wholeNanoseconds / 1_000_000))
            try json.array("entries") { json throws(Failure) in
                for entry in reply.entries {
                    try json.object { json throws(Failure) in try entry.write(to: &json) }
                }
            }
        }
        return json.finish()
    }

    private static func read(_ body: Secret) throws(Failure) -> ProviderReply {
        let root = try JSONDocument(reading: body, from: source).root.asObject()
        guard let scope = CacheScope(rawValue: try root.requireString("scope")) else { throw root.failure("has an unknown scope") }
        let lifetime = try root.requireInt64("lifetime")
        guard (0...Int64(1) << 40).contains(lifetime) else { throw root.failure("has a lifetime that is none") }
        var reply = ProviderReply(scope: scope, duration: .milliseconds(lifetime))
        for node in try root.requireArray("entries") {
            reply.entries.append(try AuthEntry(wireForm: node))
        }
        return reply
    }
}
