/// Whether somebody has to show that he may use an image that is here already: the kubelet's `imagePullCredentialsVerificationPolicy` with
/// its `preloadedImagesVerificationAllowlist`.
public struct CredentialVerification: Sendable, Hashable {
    /// The kubelet's policies, in its words.
    public enum Policy: String, Sendable, CaseIterable {
        /// Nobody has to, as it was before there were policies.
        case neverVerify = "NeverVerify"
        /// Images that were put here by other means are for everybody. The kubelet's default.
        case neverVerifyPreloadedImages = "NeverVerifyPreloadedImages"
        /// Images of a list are for everybody.
        case neverVerifyAllowlistedImages = "NeverVerifyAllowlistedImages"
        /// Everybody has to, for every image.
        case alwaysVerify = "AlwaysVerify"

        /// Reads a policy, in any case; nil for another word.
        public init?(text: String) {
            guard let policy = Self.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else { return nil }
            self = policy
        }
    }

    /// The policy.
    public let policy: Policy
    /// The images that are for everybody under `.neverVerifyAllowlistedImages`; looked at under no other policy.
    public let allowlist: ImageAllowlist

    /// Puts policy and list together.
    public init(policy: Policy = .neverVerifyPreloadedImages, allowlist: ImageAllowlist = ImageAllowlist()) {
        self.policy = policy
        self.allowlist = allowlist
    }

    /// Whether somebody who wants to use `image`, which is here, has to show that he may.
    ///
    /// - Parameter wasPulled: Whether there is a record that it was pulled, or was about to be.
    public func isRequired(for image: ImageReference, wasPulled: Bool) -> Bool {
        switch policy {
        case .neverVerify: false
        case .neverVerifyPreloadedImages: wasPulled
        case .neverVerifyAllowlistedImages: !allowlist.contains(image)
        case .alwaysVerify: true
        }
    }
}
