public import TabardCore

/// What a provider says about itself, so that a host can choose it without loading its plugin.
public struct ProviderManifest: Sendable, Hashable {
    /// `aws-ecr-key`.
    public var id: String
    /// `Amazon Elastic Container Registry`.
    public var title: String
    /// The images it serves.
    public var patterns: [ImagePattern]
    /// Whether one instance takes several calls at a time.
    public var isConcurrent: Bool
    /// Whether no pattern can say what it serves: asked for every image once the operator has turned it on.
    public var matchesAny: Bool
    /// Whether it uses the service account token of the request.
    public var usesServiceAccount: Bool
    /// Every setting that it understands.
    public var settings: [SettingDescription]
    /// What it wants of the kubelet's tokenAttributes; nil when it says nothing about them.
    public var tokenAttributes: TokenAttributes?

    /// Makes a description.
    public init(
        id: String, title: String, patterns: [ImagePattern], isConcurrent: Bool = false, matchesAny: Bool = false,
        usesServiceAccount: Bool = false, settings: [SettingDescription] = [], tokenAttributes: TokenAttributes? = nil
    ) {
        self.id = id
        self.title = title
        self.patterns = patterns
        self.isConcurrent = isConcurrent
        self.matchesAny = matchesAny
        self.usesServiceAccount = usesServiceAccount
        self.settings = settings
        self.tokenAttributes = tokenAttributes
    }

    /// Whether `text` is `[a-z0-9][a-z0-9-]{0,62}`.
    public static func isID(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-") else { return false }
        return bytes.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-")
        }
    }
}
