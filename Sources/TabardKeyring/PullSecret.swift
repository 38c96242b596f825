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
    /// What it says. Its entries have the secret and the key as their origin, and belong to whoever may use the secret.
    public let config: DockerConfig

    /// The secrets in a file, and what is wrong with others in it.
    public struct Reading: Sendable {
        /// The file, as it was named.
        public let file: String
        /// Those that can be used, in the order of the file.
        public var secrets: [PullSecret] = []
        /// One failure for each secret that cannot, with its place and reason. Its siblings are not affected.
        public var problems: [Failure] = []

        /// Makes one to add to.
        package init(file: String, secrets: [PullSecret] = []) {
            self.file = file
            self.secrets = secrets
        }

        /// Adds one Secret object, or why it cannot be used.
        package mutating func take(_ secret: JSONNode) {
            do throws(Failure) {
                secrets.append(try PullSecret.read(secret, file: file))
            } catch {
                problems.append(error)
            }
        }
    }

    /// The types of secrets that hold docker credentials, and the key that each keeps them under.
    private static let types: [(type: String, key: String, format: DockerConfig.Format)] = [
        ("kubernetes.io/dockerconfigjson", ".dockerconfigjson", .config), ("kubernetes.io/dockercfg", ".dockercfg", .legacy),
    ]

    /// Reads one Secret object.
    ///
    /// Throws `.invalid` for a Secret of another type, and tells bad Base64, text that is not JSON, and JSON that is no docker config apart.
    public static func read(_ secret: JSONNode, file: String) throws(Failure) -> PullSecret {
        let metadata = try secret.optionalObject("metadata")
        let name = try metadata?.optionalString("name") ?? ""
        var namespace = try metadata?.optionalString("namespace")
        if namespace?.isEmpty == true { namespace = nil }
        let title = "secret " + (namespace.map { "\($0)/" } ?? "") + (name.isEmpty ? "without a name" : name)
        let type = try secret.optionalString("type") ?? ""
        guard let known = types.first(where: { $0.type == type }) else {
            throw secret.failure(
                "(\(title)) has the type \"\(type.prefix(100))\"",
                advice: "pull secrets have the type \(types.map(\.type).joined(separator: " or "))")
        }
        let bytes: Secret
        let holder: JSONNode
        // As at the API server, stringData wins over data.
        if let node = try secret.optionalObject("stringData")?.optional(known.key), let text = Optional(try node.asSecret()), !text.isEmpty
        {
            (bytes, holder) = (text, node)
        } else if let node = try secret.optionalObject("data")?.optional(known.key), let text = Optional(try node.asSecret()), !text.isEmpty
        {
            // The API server, too, takes line breaks and no other white space.
            guard let decoded = text.withBytes({ Base64.decode($0, ignoringLineBreaks: true) }) else {
                throw node.failure(
                    "(\(title)) is not Base64; kubectl calls that \"illegal base64 data\" or \"no objects passed\"",
                    advice: "encode it with: base64 -w0 config.json; or put the plain text under stringData")
            }
            (bytes, holder) = (decoded, node)
        } else {
            throw secret.failure("(\(title)) has nothing under data[\"\(known.key)\"], where its type has its credentials")
        }
        let owner = EntryOwner.secret(
            ObjectCoordinates(uid: try metadata?.optionalString("uid") ?? "", namespace: namespace ?? "", name: name))
        let config = try config(bytes, format: known.format, file: "\(file): \(title)", at: holder, title)
        return PullSecret(namespace: namespace, name: name, config: config.owned(by: owner))
    }

    /// - Parameters:
    ///   - file: What origins and the failures of single entries call the docker config.
    ///   - holder: Where it stands in the manifest.
    private static func config(
        _ bytes: Secret, format: DockerConfig.Format, file: String, at holder: JSONNode, _ title: String
    ) throws(Failure) -> DockerConfig {
        let advice = "it should be what docker login writes: {\"auths\": {\"REGISTRY\": {\"auth\": …}}}"
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(parsing: bytes)
        } catch {
            throw holder.failure("(\(title)) holds a text that is not JSON: \(error.reason), at \(error.position) in it", advice: advice)
        }
        guard document.root.kind == .object else {
            throw holder.failure("(\(title)) holds JSON that is no docker config: it is no object", advice: advice)
        }
        let config: DockerConfig
        do throws(Failure) {
            config = try DockerConfig.parse(bytes, file: file, format: format, source: .pullSecret)
        } catch {
            throw holder.failure("(\(title)) holds JSON that is no docker config: \(error.reason)", advice: advice)
        }
        guard !config.isForeign else {
            throw holder.failure("(\(title)) holds JSON that is no docker config: it has no \"auths\"", advice: advice)
        }
        return config
    }
}
