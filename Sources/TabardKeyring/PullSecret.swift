public import TabardCore
public import TabardJSON

/// A Kubernetes Secret with docker credentials, as pods name them in `imagePullSecrets`.
///
/// All secrets of a question belong into one `Keyring`: the kubelet's order goes by key, and only for the same key by secret.
public struct PullSecret: Sendable {
    /// `metadata.namespace`, or nil when the file does not say.
    public let namespace: String?
    /// `metadata.name`.
    public let name: String
    /// What it says. Its entries have the secret and the key as their origin.
    public let config: DockerConfig

    /// The secrets in a file, and what is wrong with others in it.
    public struct Reading: Sendable {
        /// The file, as it was named.
        public let file: String
        /// Those that can be used, in the order of the file.
        public var secrets: [PullSecret] = []
        /// One failure for each secret that cannot, with its place and reason. Its siblings are not affected.
        public var problems: [Failure] = []
    }

    /// The types of secrets that hold docker credentials, and the key that each keeps them under.
    private static let types: [(type: String, key: String, format: DockerConfig.Format)] = [
        ("kubernetes.io/dockerconfigjson", ".dockerconfigjson", .config), ("kubernetes.io/dockercfg", ".dockercfg", .legacy),
    ]

    /// Reads the secrets in a file that the operator named.
    ///
    /// - Throws: Why the file cannot be read, or why the first secret in it cannot be used when none can.
    public static func load(_ path: String) throws(Failure) -> Reading {
        let bytes: Secret
        do {
            bytes = try SecretFile.read(path)
        } catch {
            throw SecretFile.failure(error, attempting: "reading pull secrets", on: path)
        }
        let reading = try parse(bytes, file: path)
        if reading.secrets.isEmpty {
            throw reading.problems.first
                ?? Failure(.invalid, attempting: "reading pull secrets", on: path, reason: "there is no Secret in it")
        }
        return reading
    }

    /// Reads one Secret, or the secrets of a List, from JSON.
    ///
    /// - Throws: `.invalid` when it is not JSON, or an object of another kind.
    public static func parse(_ bytes: Secret, file: String) throws(Failure) -> Reading {
        let root = try JSONDocument(reading: bytes, from: JSONSource(file, attempting: "reading pull secrets")).root.asObject()
        let kind = try root.optionalString("kind") ?? ""
        guard ["Secret", "List", "SecretList"].contains(kind) else {
            throw root.failure(
                kind.isEmpty ? "has no kind, so it is no Kubernetes object" : "is a \(kind), not a Secret",
                advice: "give a file from: kubectl get secret NAME -o json")
        }
        var reading = Reading(file: file)
        for item in kind == "Secret" ? [root] : try root.optionalArray("items") ?? [] {
            // A list may hold anything; what is of another kind is somebody else's.
            guard kind == "Secret" || kind == "SecretList" || item["kind"]?.string == "Secret" else { continue }
            do throws(Failure) {
                reading.secrets.append(try read(item, file: file))
            } catch {
                reading.problems.append(error)
            }
        }
        return reading
    }

    /// Reads one Secret object.
    ///
    /// Throws `.invalid` for a Secret of another type, and tells bad Base64, text that is not JSON, and JSON that is no docker config apart.
    public static func read(_ secret: JSONNode, file: String) throws(Failure) -> PullSecret {
        let metadata = try secret.optionalObject("metadata")
        let name = try metadata?.optionalString("name") ?? ""
        let namespace = try metadata?.optionalString("namespace")
        let title = "secret " + (namespace.map { "\($0)/" } ?? "") + (name.isEmpty ? "without a name" : name)
        let type = try secret.optionalString("type") ?? ""
        guard let known = types.first(where: { $0.type == type }) else {
            throw secret.failure(
                "(\(title)) has the type \"\(type.prefix(100))\"",
                advice: "pull secrets have the type \(types.map(\.type).joined(separator: " or "))")
        }
        let bytes: Secret
        // As at the API server, stringData wins over data.
        if let text = try secret.optionalObject("stringData")?.optionalSecret(known.key), !text.isEmpty {
            bytes = text
        } else if let node = try secret.optionalObject("data")?.optional(known.key), let text = Optional(try node.asSecret()), !text.isEmpty
        {
            guard let decoded = text.withBytes({ Base64.decode($0, ignoringLineBreaks: true) }) else {
                throw node.failure(
                    "(\(title)) is not Base64", advice: "encode it with: base64 -w0 config.json; or put the plain text under stringData")
            }
            bytes = decoded
        } else {
            throw secret.failure("(\(title)) has nothing under data[\"\(known.key)\"], where its type has its credentials")
        }
        let config = try DockerConfig.parse(bytes, file: "\(file): \(title)", format: known.format, source: .pullSecret)
        guard !config.isForeign else {
            throw secret.failure("(\(title)) holds JSON that is no docker config: it has no \"auths\"")
        }
        return PullSecret(namespace: namespace, name: name, config: config)
    }
}
