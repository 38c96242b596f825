public import TabardCore

/// A source of credentials that is asked image by image: a provider in a plugin, or an exec plugin.
public protocol Provider: Sendable {
    /// Which one: `aws-ecr-key`.
    var id: String { get }
    /// The images it serves.
    var patterns: [ImagePattern] { get }
    /// Whether it is asked for every image, beside `patterns`.
    var matchesEveryImage: Bool { get }
    /// Whether it uses the service account token of a request; one that does not never sees it.
    var usesServiceAccount: Bool { get }
    /// What its entries are marked with.
    var origin: Origin { get }

    /// Those of `patterns` that serve an image.
    func serving(_ image: ImageReference) -> [ImagePattern]

    /// Asks it. Blocks; a provider that misbehaves does so past the deadline, so the thread must be one that can be lost
    /// (`CredentialCache` has such).
    func provide(_ request: ProviderRequest, call: ProviderCall) throws(Failure) -> ProviderReply
}

extension Provider {
    /// Those that match it, by the kubelet's rules.
    public func serving(_ image: ImageReference) -> [ImagePattern] { patterns.filter { $0.matches(image) } }
}
