import TabardCore
import TabardHost

/// A source of credentials inside a puller of somebody else's.
struct HouseProvider: Provider {
    let id = "house"
    let patterns: [ImagePattern]
    let matchesEveryImage = false
    let usesServiceAccount = false
    var origin: Origin { Origin(.plugin, "house") }

    func provide(_ request: ProviderRequest, call: ProviderCall) throws(Failure) -> ProviderReply {
        ProviderReply(entries: [
            AuthEntry(pattern: request.image.registry, username: "host", password: Secret("of-the-house"), origin: origin)
        ])
    }
}
