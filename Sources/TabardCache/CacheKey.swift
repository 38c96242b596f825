public import TabardCore
import TabardCrypto

/// Whose credentials a question is about: which provider is asked, on behalf of whom, for which image.
///
/// Tokens are held as their SHA-256 only. As with the kubelet's cache type `Token`, another token or another annotation is another
/// identity, and nothing is shared between identities.
public struct CacheKey: Sendable, Hashable {
    /// The provider's id.
    public let provider: String
    /// The image without tag and digest.
    public let imageName: String
    /// Its registry with the port.
    public let registry: String
    /// SHA-256 over token, annotations and the caller's own word, or nil for the node itself.
    let identity: [UInt8]?

    /// The key of one question to one provider.
    public init(provider: String, request: ProviderRequest) {
        self.provider = provider
        imageName = request.image.name
        registry = request.image.registry
        identity = Self.identity(request)
    }

    /// The key of a question that another process asked.
    init(provider: String, imageName: String, registry: String, identity: [UInt8]?) {
        self.provider = provider
        self.imageName = imageName
        self.registry = registry
        self.identity = identity
    }

    /// Every part goes in with its length before it, so that no two identities have the same bytes.
    private static func identity(_ request: ProviderRequest) -> [UInt8]? {
        let (token, annotations) = (request.serviceAccountToken, request.serviceAccountAnnotations)
        guard token != nil || !annotations.isEmpty || !request.identity.isEmpty else { return nil }
        var hash = SHA256()
        var identity = request.identity
        identity.withUTF8 { Self.add(UnsafeRawBufferPointer($0), to: &hash) }
        hash.update([token == nil ? 0 : 1])
        token?.withBytes { Self.add($0, to: &hash) }
        for (name, value) in annotations.sorted(by: { $0.key < $1.key }) {
            for var text in [name, value] { text.withUTF8 { Self.add(UnsafeRawBufferPointer($0), to: &hash) } }
        }
        return hash.finish().bytes
    }

    private static func add(_ bytes: UnsafeRawBufferPointer, to hash: inout SHA256) {
        withUnsafeBytes(of: UInt64(bytes.count).bigEndian) { hash.update($0) }
        hash.update(bytes)
    }

    /// Where an answer of that scope to this question is kept.
    func place(_ scope: CacheScope) -> SlotPlace {
        switch scope {
        case .image: SlotPlace(provider: provider, identity: identity, scope: .image, name: imageName)
        case .registry: SlotPlace(provider: provider, identity: identity, scope: .registry, name: registry)
        case .global: SlotPlace(provider: provider, identity: identity, scope: .global, name: "")
        }
    }

    /// Whether an answer of that scope to `other`'s question answers this one too.
    func isServed(by other: CacheKey, scope: CacheScope) -> Bool { place(scope) == other.place(scope) }
}
