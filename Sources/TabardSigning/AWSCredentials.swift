public import TabardCore

/// What AWS knows a caller by.
public struct AWSCredentials: Sendable {
    /// `AKIA…` for a user's key, `ASIA…` for a temporary one. An identifier, not a secret.
    public var accessKeyID: String
    /// What requests are signed with; never sent.
    public var secretAccessKey: Secret
    /// Goes with temporary keys, and is sent.
    public var sessionToken: Secret?
    /// When AWS stops honouring them, or nil when nobody said.
    public var expires: UTCTime?

    /// Makes credentials.
    public init(accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret? = nil, expires: UTCTime? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expires = expires
    }
}
