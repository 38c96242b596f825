public import TabardCore

/// Who a provider is and which images it serves: data, so that a host can read it without running anything.
public struct ProviderDescriptor: Sendable {
    /// `[a-z0-9][a-z0-9-]{0,62}`, as operators write and grep it.
    public var id: String
    /// What a person calls it: `Google Container Registry and Artifact Registry`.
    public var title: String
    /// The kubelet `matchImages` patterns of the images it serves; operators may add more.
    public var patterns: [String]
    /// Every setting that it understands.
    public var settings: [SettingDescription]
    /// Whether `provide` and `matches` may run at the same time on one instance.
    public var isConcurrent: Bool
    /// No pattern can say what it serves: it is asked for every image, once the operator has turned it on or named patterns for it.
    public var matchesAny: Bool
    /// Whether `provide` uses the service account token when there is one.
    public var usesServiceAccount: Bool
    /// What it wants of the kubelet's tokenAttributes, so that the kubelet's configuration can be written from the plugin.
    public var tokenAttributes: TokenAttributes?

    /// Makes a description; see the fields.
    public init(
        id: String, title: String, patterns: [String], settings: [SettingDescription] = [], isConcurrent: Bool = false,
        matchesAny: Bool = false, usesServiceAccount: Bool = false, tokenAttributes: TokenAttributes? = nil
    ) {
        self.id = id
        self.title = title
        self.patterns = patterns
        self.settings = settings
        self.isConcurrent = isConcurrent
        self.matchesAny = matchesAny
        self.usesServiceAccount = usesServiceAccount
        self.tokenAttributes = tokenAttributes
    }
}
