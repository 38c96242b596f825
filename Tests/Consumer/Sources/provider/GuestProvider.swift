public import TabardCore
public import TabardPluginKit

/// A provider that lets everybody in as a guest.
public struct GuestProvider: CredentialProvider {
    /// Who it is and which images it serves.
    public static let descriptor = ProviderDescriptor(
        id: "guest", title: "Everybody is a guest", patterns: ["registry.example.com"], settings: [], isConcurrent: true)

    /// Needs no settings.
    public init(settings: ProviderSettings, call: PluginCall) throws(Failure) {}

    /// The same for every image.
    public func provide(_ request: PluginRequest, call: PluginCall) throws(Failure) -> ProviderReply {
        .basic(for: request.registry, username: "guest", password: Secret("guest"), scope: .registry, expires: nil)
    }
}
