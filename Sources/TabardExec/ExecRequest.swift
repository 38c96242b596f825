public import TabardCore
import TabardJSON

/// One question of a kubelet: a `CredentialProviderRequest` (k8s.io/kubelet, pkg/apis/credentialprovider).
public struct ExecRequest: Sendable {
    /// The most bytes of a question. Real ones have a few hundred, or a few thousand with a token.
    public static let maximumSize = 1 << 20

    /// The version that the answer must have.
    public let version: ExecVersion
    /// What to find credentials for, and on whose behalf.
    public let question: ProviderRequest

    /// Makes a question to send. Versions before `v1` cannot carry the token and the annotations: they are left out.
    public init(version: ExecVersion, question: ProviderRequest) {
        self.version = version
        self.question = question
    }

    /// Reads a question: exactly one JSON object. Unknown fields are passed over, since newer kubelets may add some; of a field given
    /// twice the last counts, as for the kubelet's own decoder.
    ///
    /// Throws `.invalid` with what is wrong and what to send instead.
    public init(parsing bytes: Secret) throws(Failure) {
        do throws(Failure) {
            self = try Self.read(bytes)
        } catch {
            var failure = error
            if failure.advice.isEmpty {
                failure.advice =
                    "send one JSON object such as {\"kind\":\"CredentialProviderRequest\",\"apiVersion\":\"\(ExecVersion.v1.apiVersion)\","
                    + "\"image\":\"registry.example.com/app\"}"
            }
            throw failure
        }
    }

    private static func read(_ bytes: Secret) throws(Failure) -> ExecRequest {
        let source = JSONSource("standard input", attempting: "reading the CredentialProviderRequest")
        func refused(_ reason: String) -> Failure {
            Failure(.invalid, attempting: source.attempting, on: source.name, reason: reason)
        }
        guard bytes.count <= maximumSize else { throw refused("it is longer than 1 MiB") }
        let isBlank = bytes.withBytes { $0.allSatisfy { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 } }
        guard !isBlank else { throw refused("nothing arrived") }
        let root = try JSONDocument(reading: bytes, from: source).root
        guard root.kind == .object else { throw root.failure("is no object") }
        let kind = try root.requireString("kind")
        guard kind == "CredentialProviderRequest" else {
            throw root.failure("has the kind \"\(kind.prefix(80))\", not \"CredentialProviderRequest\"")
        }
        let apiVersion = try root.requireString("apiVersion")
        guard let version = ExecVersion(apiVersion: apiVersion) else {
            let known = ExecVersion.allCases.map(\.apiVersion).joined(separator: ", ")
            throw root.failure(
                "has the unknown apiVersion \"\(apiVersion.prefix(80))\"",
                advice: "set the provider's apiVersion in the kubelet's CredentialProviderConfig to one of \(known)")
        }
        let image = try root.requireString("image")
        guard !image.isEmpty else { throw root.failure("has an empty image") }
        var question = ProviderRequest(image: try ImageReference(image))
        if version == .v1 {
            if let token = try root.optionalSecret("serviceAccountToken"), !token.isEmpty { question.serviceAccountToken = token }
            question.serviceAccountAnnotations = try root.optional("serviceAccountAnnotations")?.asStringMap() ?? [:]
        }
        return ExecRequest(version: version, question: question)
    }

    /// The question as the kubelet writes it, one line with its end.
    public func write() throws(Failure) -> Secret {
        var json = JSONWriter()
        try json.object { json throws(Failure) in
            json.field("kind", "CredentialProviderRequest")
            json.field("apiVersion", version.apiVersion)
            json.field("image", question.image.name)
            guard version == .v1 else { return }
            if let token = question.serviceAccountToken { try json.field("serviceAccountToken", token) }
            guard !question.serviceAccountAnnotations.isEmpty else { return }
            json.object("serviceAccountAnnotations") { json in
                for (name, value) in question.serviceAccountAnnotations.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                    json.field(name, value)
                }
            }
        }
        return json.finish(newline: true)
    }
}
