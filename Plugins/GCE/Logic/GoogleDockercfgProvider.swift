public import TabardCore
public import TabardPluginKit

/// The provider `google-dockercfg`: registry passwords that an operator stored in the instance attribute of that name.
public struct GoogleDockercfgProvider: CredentialProvider {
    /// Who it is. No pattern can say what it serves: the attribute does.
    public static let descriptor = ProviderDescriptor(
        id: "google-dockercfg", title: "Registry passwords in the instance attribute google-dockercfg", patterns: [],
        settings: [MetadataServer.setting, Machine.setting], isConcurrent: true, matchesAny: true)

    private let metadata: MetadataServer

    /// Makes an instance on the real machine.
    public init(settings: ProviderSettings, call: PluginCall) throws(Failure) {
        try self.init(settings: settings, surroundings: .real)
    }

    /// Makes an instance on a machine of the caller's making.
    package init(settings: ProviderSettings, surroundings: Surroundings) throws(Failure) {
        metadata = try MetadataServer(settings: settings, surroundings: surroundings)
    }

    /// Reads the attribute.
    public func provide(_ request: PluginRequest, call: PluginCall) throws(Failure) -> ProviderReply {
        let path = "instance/attributes/google-dockercfg"
        let document = try metadata.get(path, call: call) { (response) throws(Failure) in
            try DockercfgDocument(response.body, source: path)
        }
        return ProviderReply(document, call: call)
    }
}
