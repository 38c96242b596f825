internal import TabardCore
public import TabardPluginKit

/// What `libtabard-gce.so` exports.
public enum GooglePlugin {
    /// Its version.
    public static let version = Release.version
    /// Every provider for Google Cloud.
    public static let providers: [any CredentialProvider.Type] = [
        GoogleContainerRegistryProvider.self, GoogleDockercfgProvider.self, GoogleDockercfgURLProvider.self,
    ]
}
