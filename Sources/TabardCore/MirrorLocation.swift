/// Where a mirror keeps the images of another registry: `HOST[:PORT][/PATH]`, such as `mirror.gcr.io` or `cache.example.com/dockerhub`.
public struct MirrorLocation: Sendable, Hashable {
    /// As images name it.
    public let registry: String
    /// Before the repository's name, with a slash behind it; empty when the mirror keeps the names.
    private let path: String

    /// Reads a location.
    ///
    /// - Throws: `.invalid`; the subject is the text.
    public init(_ text: String) throws(Failure) {
        let host = text.prefix { $0 != "/" }
        let example = try? ImageReference("\(text)/image")
        guard let example, let registry = Self.registry(String(host)), example.registry == registry, example.isTagDefaulted else {
            throw Failure(
                .invalid, attempting: "reading the name of a mirror", on: text, reason: "it is no registry",
                advice: "write HOST, HOST:PORT or HOST/PATH, as image names do, without https://")
        }
        self.registry = registry
        path = host.utf8.count == text.utf8.count ? "" : String(example.repository.dropLast("image".count))
    }

    /// The registry that an image below `host` has, or nil where `host` is no registry.
    public static func registry(_ host: String) -> String? {
        // With a path, so that Docker Hub's own `library/` does not come in.
        guard let image = try? ImageReference("\(host)/mirrored/image"), image.repository == "mirrored/image" else { return nil }
        return image.registry
    }

    /// The image as this mirror names it, with the same tag and digest.
    public func image(_ image: ImageReference) throws(Failure) -> ImageReference {
        let tag = image.tag.map { ":\($0)" } ?? ""
        return try ImageReference("\(registry)/\(path)\(image.repository)\(tag)\(image.digest.map { "@\($0)" } ?? "")")
    }
}

extension MirrorLocation: CustomStringConvertible {
    /// As it was written, in normal form.
    public var description: String { path.isEmpty ? registry : "\(registry)/\(path.dropLast())" }
}
