/// The name of an image in docker's normalised form: `nginx` is `docker.io/library/nginx:latest`.
///
/// It exists only when it is valid. Two references are equal when they name the same image, however they were written.
public struct ImageReference: Sendable {
    /// The name as it was given.
    public let text: String
    /// The registry with its port when one was given, in the case it was written in, since patterns compare hosts by bytes:
    /// `docker.io` (also for `index.docker.io` and for names without a host), `localhost:5000`, `[::1]:5000`.
    public let registry: String
    /// The path in that registry: `library/nginx`.
    public let repository: String
    /// The tag, or nil when only a digest was given.
    public let tag: String?
    /// The digest, which wins over the tag, or nil.
    public let digest: ContentDigest?
    /// Whether `tag` is `latest` only because neither tag nor digest was given.
    public let isTagDefaulted: Bool

    /// Registry and repository, the text that patterns are matched with and that providers see.
    public var name: String { "\(registry)/\(repository)" }
    /// Where to connect: `registry`, except that Docker Hub answers at `registry-1.docker.io`.
    public var registryHost: String { registry == "docker.io" ? "registry-1.docker.io" : registry }
    /// What a manifest is asked for by: the digest, else the tag.
    public var pullIdentifier: String { digest?.description ?? tag ?? "latest" }

    /// The same image without `:443` behind its registry; nil when that is not there.
    package var withoutHTTPSPort: ImageReference? {
        registry.hasSuffix(":443") ? try? ImageReference("\(registry.dropLast(4))/\(repository)") : nil
    }

    /// Reads a name as docker does. Throws `.invalid` saying which rule was broken and where; trims nothing.
    ///
    /// Stricter than docker in three places: ports above 65535, IPv6 literals that are no address, and hosts with an underscore.
    public init(_ text: String) throws(Failure) {
        let parts = try ImageReferenceParts(text)
        self.text = text
        registry = parts.registry
        repository = parts.repository
        digest = parts.digest
        isTagDefaulted = parts.tag == nil && parts.digest == nil
        tag = isTagDefaulted ? "latest" : parts.tag
    }
}

extension ImageReference: Hashable {
    /// Whether both name the same image.
    public static func == (left: ImageReference, right: ImageReference) -> Bool {
        left.repository == right.repository && left.registry == right.registry && left.tag == right.tag && left.digest == right.digest
    }
    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(registry)
        hasher.combine(repository)
        hasher.combine(tag)
        hasher.combine(digest)
    }
}

extension ImageReference: CustomStringConvertible {
    /// The full form: `registry/repository[:tag][@digest]`.
    public var description: String {
        var full = name
        if let tag { full += ":\(tag)" }
        if let digest { full += "@\(digest)" }
        return full
    }
}
