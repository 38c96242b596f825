public import TabardCore

/// How images are pulled.
public struct PullOptions: Sendable {
    /// Which image of an index is taken; nil takes all of them.
    public var platform: Platform? = .host
    /// Whether an image that is no index must be for `platform` too: somebody asked for it by name.
    public var requiresPlatform = false
    /// When the registry is asked; nil decides by the image's tag.
    public var policy: PullPolicy?
    /// Who has to show that he may use an image that is here already.
    public var verification = CredentialVerification()
    /// How many layers are fetched at the same time.
    public var jobs = 4
    /// Whether the registry is asked as nobody after it has refused every credential.
    public var allowsAnonymousFallback = false
    /// Whether Docker's manifests are stored as OCI's. Their digests differ from the registry's then.
    public var convertsToOCI = false
    /// `host[:port]` of registries that are spoken to over plain HTTP.
    public var insecureRegistries: Set<String> = []

    /// The defaults: this machine's platform, policy by tag, four layers at a time.
    public init() {}
}
