public import TabardCore
public import TabardJSON

/// One file of a kubelet's `--image-credential-provider-config` (kubelet.config.k8s.io, kind CredentialProviderConfig): which programs
/// are asked for which images.
public struct CredentialProviderConfig: Sendable {
    /// One program.
    public struct Plugin: Sendable {
        /// What it is called, and the file in the folder of plugins unless `command` says another.
        public var name: String
        /// The file to start where that has another name than the provider: a field of ours, which the kubelet refuses. A path, or a
        /// name in the folder of plugins.
        public var command: String?
        /// The images that it is asked for.
        public var patterns: [ImagePattern]
        /// How long an answer holds that does not say so itself; zero for "this once".
        public var defaultDuration: Duration
        /// The version that it speaks.
        public var version: ExecVersion
        /// Its arguments.
        public var arguments: [String]
        /// Added to the environment of the process that starts it; of a name that stands twice the last counts.
        public var environment: [(name: String, value: String)]
        /// Set when it is sent tokens of service accounts.
        public var tokenAttributes: TokenAttributes?
        /// Where it stands: `file:line:column`.
        public var place: String
    }

    /// In the order of the file.
    public var plugins: [Plugin]
    /// Traps in it, one line each.
    public var warnings: [String]

    /// Reads a document as strictly as the kubelet: fields that are unknown, misspelt in their case or given twice are errors.
    ///
    /// Throws `.invalid` with every mistake that there is, each with its line, its path and, where the kubelet has words for it, those.
    public init(reading document: JSONDocument) throws(Failure) {
        let root = try document.root.asObject()
        try document.refuseDuplicateKeys()
        let kind = try root.optionalString("kind") ?? ""
        let apiVersion = try root.optionalString("apiVersion") ?? ""
        guard !kind.isEmpty else { throw root.failure("has no kind", advice: "write kind: CredentialProviderConfig") }
        guard kind == "CredentialProviderConfig", let revision = Revision(apiVersion: apiVersion) else {
            throw root.failure(
                "is of no known kind: no kind \"\(kind.quotedInFailure)\" is registered for version \"\(apiVersion.quotedInFailure)\"",
                advice: "write kind: CredentialProviderConfig and apiVersion: kubelet.config.k8s.io/v1")
        }
        var reader = CredentialProviderConfigReader(revision: revision)
        reader.unknown(in: root, known: ["kind", "apiVersion", "providers"])
        plugins = reader.plugins(of: root)
        warnings = reader.warnings
        guard reader.complaints.isEmpty else {
            throw Failure(
                document.source.code, attempting: document.source.attempting, reason: reader.complaints.joined(separator: "; "))
        }
    }

    /// The versions of the kind.
    enum Revision: String {
        case v1
        case v1beta1
        case v1alpha1

        init?(apiVersion: String) {
            let group = "kubelet.config.k8s.io/"
            guard apiVersion.hasPrefix(group) else { return nil }
            self.init(rawValue: String(apiVersion.dropFirst(group.count)))
        }
    }
}
