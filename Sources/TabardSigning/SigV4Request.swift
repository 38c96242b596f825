public import TabardCore
public import TabardCrypto

/// The parts of a request that a signature covers.
public struct SigV4Request: Sendable {
    /// How the body takes part.
    public enum Payload: Sendable {
        /// No body.
        case empty
        /// This body.
        case bytes(Secret)
        /// A body of which only the SHA-256 is at hand.
        case digest(Digest)
        /// Not at all, where the service allows it (`UNSIGNED-PAYLOAD`).
        case unsigned
    }

    /// `GET`, `POST`, …
    public var method: String
    /// What the Host field will say: the port only when it is not the scheme's own.
    public var host: String
    /// The path as it goes over the wire, percent-encoded once. Empty means `/`.
    public var path: String
    /// The query, not encoded. On the wire, names and values are percent-encoded with only A-Z a-z 0-9 - . _ ~ kept.
    public var query: [(name: String, value: String)]
    /// The fields to be signed, without Host. Those that proxies change, and those that the signer writes itself, are left out.
    public var headers: [(name: String, value: FieldValue)]
    /// The body.
    public var payload: Payload

    /// Makes a request; see the fields.
    public init(
        method: String, host: String, path: String = "/", query: [(name: String, value: String)] = [],
        headers: [(name: String, value: FieldValue)] = [], payload: Payload = .empty
    ) {
        self.method = method
        self.host = host
        self.path = path
        self.query = query
        self.headers = headers
        self.payload = payload
    }
}
