/// A parsed image name. (Being filled in: the parser lands with its cases.)
public struct ImageReference: Sendable, Hashable {
    /// The registry, with its port when it has one: `docker.io`, `localhost:5000`.
    public let registry: String
    /// The path in that registry: `library/nginx`.
    public let repository: String
}
