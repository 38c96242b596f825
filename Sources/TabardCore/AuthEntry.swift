/// What a registry accepts, with where it came from.
public struct AuthEntry: Sendable {
    /// What the secret is, which decides how it is presented.
    public enum Kind: String, Sendable, Hashable {
        /// A username and a password or short-lived token, for HTTP Basic or a token server.
        case basic
        /// An OAuth2 refresh token for the registry's token server.
        case identityToken = "identity-token"
        /// A bearer token for the registry itself.
        case registryToken = "registry-token"
    }

    /// The pattern of the images it is for, as its source wrote it.
    public var pattern: String
    /// What `password` is.
    public var kind: Kind
    /// The user, possibly empty.
    public var username: String
    /// The password or token.
    public var password: Secret
    /// Where it came from.
    public var origin: Origin
    /// When the source stops honouring it, or nil when nobody knows.
    public var expires: UTCTime?
    /// Whose it is.
    public var owner = EntryOwner.node

    /// Makes an entry of the node's.
    public init(
        pattern: String, kind: Kind = .basic, username: String, password: Secret, origin: Origin, expires: UTCTime? = nil
    ) {
        self.pattern = pattern
        self.kind = kind
        self.username = username
        self.password = password
        self.origin = origin
        self.expires = expires
    }

    /// Whether a registry would see no difference.
    package func isSameLogin(as other: AuthEntry) -> Bool {
        kind == other.kind && username == other.username && password.hasSameBytes(as: other.password)
    }
}
