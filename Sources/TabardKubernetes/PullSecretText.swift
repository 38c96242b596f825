public import TabardCore
import TabardJSON
import TabardKeyring

/// A Secret of the type `kubernetes.io/dockerconfigjson`, written as kubectl writes it.
public struct PullSecretText: Sendable {
    /// How it is written.
    public enum Format: String, Sendable, CaseIterable {
        /// For people and version control.
        case yaml
        /// For programs.
        case json
    }

    /// What kubectl calls a login without a server for: Docker Hub by its old name, under which docker keeps it, too.
    public static let standardServer = "https://index.docker.io/v1/"

    private static let key = ".dockerconfigjson"
    private static let attempting = "making a pull secret"

    private let name: String
    private let namespace: String?
    private let config: Secret

    /// Takes a docker config as it is, byte for byte.
    ///
    /// - Parameters:
    ///   - config: The bytes of a `config.json`.
    ///   - file: What failures call it.
    /// - Throws: `.invalid` when a name is none for Kubernetes, and when the bytes are no docker config or have no login in them.
    public init(name: String, namespace: String?, config: Secret, file: String) throws(Failure) {
        guard Self.isName(name, isLabel: false) else {
            throw Failure(
                .invalid, attempting: Self.attempting, on: name,
                reason:
                    "a Secret's name has lower-case letters, digits, '-' and '.', at most 253, and starts and ends with a letter or digit")
        }
        if let namespace, !Self.isName(namespace, isLabel: true) {
            throw Failure(
                .invalid, attempting: Self.attempting, on: namespace,
                reason: "a namespace's name has lower-case letters, digits and '-', at most 63, and starts and ends with a letter or digit")
        }
        self.name = name
        self.namespace = namespace
        self.config = config
        let read = try DockerConfig.parse(config, file: file, format: .config)
        if let problem = read.problems.first { throw problem }
        guard !read.entries.isEmpty else {
            let isElsewhere = read.credsStore != nil || !read.credHelpers.isEmpty
            throw Failure(
                .invalid, attempting: Self.attempting, on: file,
                reason: isElsewhere
                    ? "it has no login: a credential helper of this machine keeps them, which no node can ask"
                    : "it has no login under \"auths\"",
                advice: "give --docker-server and --docker-username, with the password on standard input")
        }
    }

    /// Makes the docker config with one login.
    ///
    /// - Throws: `.invalid` for names that are none, and for a username with a colon, which no registry could tell from the password.
    public init(
        name: String, namespace: String?, server: String, username: String, password: Secret, email: String?
    ) throws(Failure) {
        guard !username.utf8.contains(UInt8(ascii: ":")) else {
            throw Failure(
                .invalid, attempting: Self.attempting, on: "the username",
                reason: "it has a colon, and everything behind that would be read as the password")
        }
        var pair = SecretBuffer()
        pair.append(username)
        pair.append(UInt8(ascii: ":"))
        pair.append(password)
        let auth = Base64.encode(pair.freeze())
        var json = JSONWriter()
        try json.object { json throws(Failure) in
            try json.object("auths") { json throws(Failure) in
                try json.object(server) { json throws(Failure) in
                    json.field("username", username)
                    try json.field("password", password)
                    if let email, !email.isEmpty { json.field("email", email) }
                    try json.field("auth", auth)
                }
            }
        }
        try self.init(name: name, namespace: namespace, config: json.finish(), file: "the login to \(server)")
    }

    /// The Secret, with a line break at its end.
    public func write(_ format: Format) throws(Failure) -> Secret {
        let data = Base64.encode(config)
        guard format == .json else {
            var text = SecretBuffer()
            text.append("apiVersion: v1\nkind: Secret\nmetadata:\n  name: \(Self.scalar(name))\n")
            if let namespace { text.append("  namespace: \(Self.scalar(namespace))\n") }
            text.append("type: kubernetes.io/dockerconfigjson\ndata:\n  \(Self.key): ")
            text.append(data)
            text.append("\n")
            return text.freeze()
        }
        var json = JSONWriter(.pretty)
        try json.object { json throws(Failure) in
            json.field("apiVersion", "v1")
            json.field("kind", "Secret")
            json.object("metadata") { json in
                json.field("name", name)
                if let namespace { json.field("namespace", namespace) }
            }
            json.field("type", "kubernetes.io/dockerconfigjson")
            try json.object("data") { json throws(Failure) in try json.field(Self.key, data) }
        }
        return json.finish(newline: true)
    }

    /// RFC 1123: a label, or labels with dots between them.
    private static func isName(_ text: String, isLabel: Bool) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= (isLabel ? 63 : 253), labels.count == 1 || !isLabel else { return false }
        return labels.allSatisfy { label in
            guard let first = label.utf8.first, let last = label.utf8.last, first != UInt8(ascii: "-"), last != UInt8(ascii: "-") else {
                return false
            }
            return label.utf8.allSatisfy { isDigit($0) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || $0 == UInt8(ascii: "-") }
        }
    }

    /// A name as YAML: in quotation marks where it would be read as a number or as one of YAML's words.
    private static func scalar(_ name: String) -> String {
        let words: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
        return words.contains(name) || name.utf8.first.map(isDigit) == true ? "\"\(name)\"" : name
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
