public import TabardCore
import TabardJSON

/// What a client asks the agent.
public struct AgentQuestion: Sendable {
    /// What it wants to hear.
    public enum Form: String, Sendable, Hashable, CaseIterable {
        /// A CredentialProviderResponse, ready to be written: plugins alone are asked, as for a kubelet.
        case kubeletResponse = "kubelet-response"
        /// What may open the image, in the order to try it: all providers are asked.
        case logins
        /// Everything that the named providers emit, with its scope and lifetime.
        case reply
        /// The state of the agent; nothing else counts then.
        case status
    }

    /// What it wants to hear.
    public var form: Form
    /// The version of the CredentialProviderResponse: `v1`. Empty in the other forms.
    public var kubeletVersion = ""
    /// The image, the token, the annotations.
    public var request: ProviderRequest
    /// The ids of the only providers to ask; empty for all.
    public var providers: Set<String> = []
    /// What a registry has refused since it was handed out, as `AgentQuestion.mark(of:)` gives it.
    public var refused: Set<String> = []
    /// Whose credentials the client would get by itself: `AgentSetup.digest`.
    public var setup: String
    /// How long the client waits for the answer.
    public var patience: Duration

    private static let known = ["form", "version", "image", "token", "annotations", "providers", "refused", "setup", "patience"]
    private static let longestList = 256

    /// Makes a question.
    public init(_ form: Form, _ request: ProviderRequest, setup: String, patience: Duration) {
        self.form = form
        self.request = request
        self.setup = setup
        self.patience = patience
    }

    /// Reads the body of a question.
    ///
    /// Throws `.invalid` with the place and what is wrong.
    public init(parsing body: Secret) throws(Failure) {
        let root = try JSONDocument(reading: body, from: JSONSource("the question", attempting: "reading what a client asks")).root
            .asObject()
        try root.document.refuseDuplicateKeys()
        // Within one version nothing is added: what is not known would be left unheeded.
        try root.refuseUnknownMembers(known: Self.known)
        let word = try root.requireString("form")
        guard let form = Form(rawValue: word) else { throw root.failure("has an unknown form") }
        self.form = form
        kubeletVersion = try root.optionalString("version") ?? ""
        request = ProviderRequest(image: try ImageReference(try root.requireString("image")))
        if let token = try root.optionalSecret("token"), !token.isEmpty { request.serviceAccountToken = token }
        request.serviceAccountAnnotations = try root.optional("annotations")?.asStringMap() ?? [:]
        providers = try Self.list(root, "providers")
        refused = try Self.list(root, "refused")
        setup = try root.requireString("setup")
        let patience = try root.requireInt64("patience")
        guard (0...86_400_000).contains(patience) else { throw root.failure("has a patience that is none") }
        self.patience = .milliseconds(patience)
    }

    /// The body of the question.
    public func write() throws(Failure) -> Secret {
        var json = JSONWriter()
        try json.object { json throws(Failure) in
            json.field("form", form.rawValue)
            if !kubeletVersion.isEmpty { json.field("version", kubeletVersion) }
            json.field("image", request.image.description)
            if let token = request.serviceAccountToken { try json.field("token", token) }
            if !request.serviceAccountAnnotations.isEmpty {
                json.object("annotations") { json in
                    for (name, value) in request.serviceAccountAnnotations.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                    ) {
                        json.field(name, value)
                    }
                }
            }
            if !providers.isEmpty { json.field("providers", providers.sorted()) }
            if !refused.isEmpty { json.field("refused", refused.sorted()) }
            json.field("setup", setup)
            json.field("patience", max(0, patience.wholeNanoseconds / 1_000_000))
        }
        return json.finish()
    }

    private static func list(_ root: JSONNode, _ key: String) throws(Failure) -> Set<String> {
        guard let node = try root.optional(key) else { return [] }
        guard node.elements.count <= longestList else { throw node.failure("has more than \(longestList) elements") }
        return Set(try node.asStrings())
    }
}
