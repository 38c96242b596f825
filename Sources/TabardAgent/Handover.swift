import TabardAgentProtocol
import TabardCache
import TabardCore
import TabardJSON

/// What an agent gives to the process that takes its place: the open descriptors, the questions that wait for an answer, and what is held.
///
/// It goes through a sealed file in memory; docs/agent.md describes it.
struct Handover {
    /// A client that waits.
    struct Question {
        var descriptor: Int32
        /// On CLOCK_MONOTONIC in nanoseconds, which goes on through exec(2).
        var deadline: Int64
        var isOwner: Bool
        var body: Secret
    }

    /// Another version is not read: its process begins with nothing but the socket.
    static let version: Int64 = 1

    /// The listening socket, and its path; empty when the service manager made it.
    var listener: Int32
    var place: String
    /// The listening socket of the numbers.
    var metrics: Int32?
    var questions: [Question] = []
    var cache = CacheHandover(bootID: "", replies: [])

    /// The document. Replies with passwords that JSON cannot carry are left out.
    func write() throws(Failure) -> Secret {
        var json = JSONWriter()
        try json.object { json throws(Failure) in
            json.field("version", Self.version)
            json.field("listener", listener)
            json.field("place", place)
            if let metrics { json.field("metrics", metrics) }
            try json.array("questions") { json throws(Failure) in
                for question in questions {
                    try json.object { json throws(Failure) in
                        json.field("descriptor", question.descriptor)
                        json.field("deadline", question.deadline)
                        json.field("owner", question.isOwner)
                        try json.field("body", question.body)
                    }
                }
            }
            json.field("boot", cache.bootID)
            try json.array("replies") { json throws(Failure) in
                for reply in cache.replies where reply.reply.entries.allSatisfy(\.password.isText) {
                    try json.object { json throws(Failure) in try Self.write(reply, to: &json) }
                }
            }
        }
        return json.finish()
    }

    /// Reads the document.
    init(reading bytes: Secret) throws(Failure) {
        let source = JSONSource("the handover", attempting: "taking over from the agent before", code: .badResponse)
        let limits = JSONLimits(bytes: 1 << 30, depth: 10, values: 10_000_000)
        let root = try JSONDocument(reading: bytes, from: source, limits: limits).root.asObject()
        listener = try Self.descriptor(root, "listener")
        place = try root.requireString("place")
        metrics = try root.optionalInt64("metrics").map { Int32(clamping: $0) }
        guard try root.requireInt64("version") == Self.version else { return }
        for node in try root.requireArray("questions") {
            questions.append(
                Question(
                    descriptor: try Self.descriptor(node, "descriptor"), deadline: try node.requireInt64("deadline"),
                    isOwner: try node.requireBool("owner"), body: try node.requireSecret("body")))
        }
        cache.bootID = try root.requireString("boot")
        for node in try root.requireArray("replies") { cache.replies.append(try Self.read(node)) }
    }

    init(listener: Int32, place: String, metrics: Int32?) {
        self.listener = listener
        self.place = place
        self.metrics = metrics
    }

    private static func descriptor(_ node: JSONNode, _ key: String) throws(Failure) -> Int32 {
        let number = try node.requireInt64(key)
        guard (3...1 << 20).contains(number) else { throw node.failure("has a descriptor that is none") }
        return Int32(number)
    }

    private static func write(_ held: HeldReply, to json: inout JSONWriter) throws(Failure) {
        json.field("provider", held.provider)
        json.field("image", held.imageName)
        json.field("registry", held.registry)
        if let identity = held.identity { json.array("identity") { json in for byte in identity { json.value(byte) } } }
        json.field("scope", (held.reply.scope ?? .image).rawValue)
        json.field("until", held.until)
        json.field("refreshAt", held.refreshAt)
        if let refetchedAt = held.refetchedAt { json.field("refetchedAt", refetchedAt) }
        json.field("refused", held.wasRefused)
        json.field("used", held.wasUsed)
        try json.array("entries") { json throws(Failure) in
            for entry in held.reply.entries { try json.object { json throws(Failure) in try entry.write(to: &json) } }
        }
    }

    private static func read(_ node: JSONNode) throws(Failure) -> HeldReply {
        var identity: [UInt8]?
        if let bytes = try node.optionalArray("identity") { identity = bytes.map { UInt8(truncatingIfNeeded: $0.int64 ?? 0) } }
        guard let scope = CacheScope(rawValue: try node.requireString("scope")) else { throw node.failure("has an unknown scope") }
        var entries: [AuthEntry] = []
        for entry in try node.requireArray("entries") { entries.append(try AuthEntry(wireForm: entry)) }
        return HeldReply(
            provider: try node.requireString("provider"), imageName: try node.requireString("image"),
            registry: try node.requireString("registry"), identity: identity, reply: ProviderReply(entries: entries, scope: scope),
            until: try node.requireInt64("until"), refreshAt: try node.requireInt64("refreshAt"),
            refetchedAt: try node.optionalInt64("refetchedAt"), wasRefused: try node.requireBool("refused"),
            wasUsed: try node.requireBool("used"))
    }
}

extension Secret {
    /// Whether JSON can carry it.
    fileprivate var isText: Bool {
        withBytes { bytes in String(validating: bytes, as: UTF8.self) != nil }
    }
}
