public import TabardCache
import TabardCore

extension CredentialResolver {
    /// How a reply that another process or cache held is asked for again when nobody waits for it; nil for one that was asked for on behalf
    /// of a service account, whose token nobody has kept.
    public func fetch(for reply: HeldReply) -> CredentialCache.Fetch? {
        guard reply.identity == nil, let provider = registry.providers.first(where: { $0.id == reply.provider }),
            let image = try? ImageReference(reply.imageName)
        else { return nil }
        return { (fetch) throws(Failure) in
            try provider.provide(
                ProviderRequest(image: image, isFresh: fetch.isFresh),
                call: ProviderCall(deadline: fetch.deadline, cancellation: fetch.cancellation, isOneShot: false))
        }
    }
}
