/// In what AWS services differ when they check a signature.
public struct SigV4Options: Sendable {
    /// Where a session token takes part.
    public enum SessionToken: Sendable {
        /// Signed like everything else: nearly all services.
        case signed
        /// Added after signing, as a few services want it.
        case addedAfterSigning
    }

    /// Encode the path a second time, as all services but S3 do.
    public var encodesPathTwice: Bool
    /// Take `.`, `..` and empty segments out of the path, as all services but S3 do.
    public var normalizesPath: Bool
    /// Send the body's digest as `X-Amz-Content-Sha256`, as S3 wants it. An unsigned body is always said that way.
    public var sendsPayloadDigest: Bool
    /// Where a session token takes part.
    public var sessionToken: SessionToken

    /// Makes options; the defaults are what ECR and STS want.
    public init(
        encodesPathTwice: Bool = true, normalizesPath: Bool = true, sendsPayloadDigest: Bool = false, sessionToken: SessionToken = .signed
    ) {
        self.encodesPathTwice = encodesPathTwice
        self.normalizesPath = normalizesPath
        self.sendsPayloadDigest = sendsPayloadDigest
        self.sessionToken = sessionToken
    }
}
