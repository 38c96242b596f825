/// Images by name, as the kubelet's `preloadedImagesVerificationAllowlist` has them: `registry.k8s.io/pause` is one repository, and
/// `registry.k8s.io/*` or `registry.k8s.io/team/*` everything below. Tags and digests do not count.
public struct ImageAllowlist: Sendable, Hashable {
    private var names: Set<String> = []
    /// Each with the slash at its end.
    private var prefixes: [String] = []

    /// A list without anything.
    public init() {}

    /// Reads the patterns.
    ///
    /// - Throws: `.invalid` for the first that is none; the subject is its text, and the reason is in the kubelet's words where it has some.
    public init(_ patterns: [String]) throws(Failure) {
        for pattern in patterns { try add(pattern) }
    }

    /// Whether the image's repository is in the list.
    public func contains(_ image: ImageReference) -> Bool {
        names.contains(image.name) || prefixes.contains { image.name.hasPrefix($0) }
    }

    private mutating func add(_ pattern: String) throws(Failure) {
        if let first = pattern.utf8.first, let last = pattern.utf8.last, [first, last].contains(where: { $0 <= 0x20 }) {
            throw Self.failure(pattern, "leading/trailing spaces are not allowed")
        }
        guard let star = pattern.utf8.firstIndex(of: UInt8(ascii: "*")) else {
            names.insert(try Self.name(pattern, of: pattern))
            return
        }
        guard pattern.hasSuffix("/*"), pattern.utf8.index(after: star) == pattern.utf8.endIndex else {
            throw Self.failure(pattern, "not a valid wildcard pattern, only patterns ending with '/*' are allowed")
        }
        let folder = String(pattern.dropLast(2))
        guard folder.utf8.contains(UInt8(ascii: "/")) || MirrorLocation.registry(folder) != nil else {
            throw Self.failure(pattern, "at least registry hostname is required")
        }
        // Read with a name below it, so that Docker Hub's own `library/` does not come in.
        prefixes.append(String(try Self.name("\(folder)/any/image", of: pattern).dropLast("any/image".utf8.count)))
    }

    /// The full name, which must have neither tag nor digest.
    private static func name(_ text: String, of pattern: String) throws(Failure) -> String {
        guard !text.isEmpty else { throw failure(pattern, "the supplied pattern is too short") }
        guard let image = try? ImageReference(text) else { throw failure(pattern, "failed to parse as an image name") }
        guard image.isTagDefaulted, image.digest == nil else {
            throw failure(pattern, "neither tag nor digest is accepted in an image reference")
        }
        return image.name
    }

    private static func failure(_ pattern: String, _ reason: String) -> Failure {
        Failure(
            .invalid, attempting: "reading the list of images that need no verification", on: pattern, reason: reason,
            advice: "write REGISTRY/REPOSITORY, or REGISTRY/* or REGISTRY/PATH/* for everything below")
    }
}
