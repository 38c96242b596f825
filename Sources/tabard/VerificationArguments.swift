import ArgumentParser
import TabardCommand
import TabardCore

/// Who has to show that he may use an image that is in the layout already.
struct VerificationArguments: ParsableArguments {
    @Option(
        name: [.customLong("verification-policy"), .customLong("image-pull-credentials-verification-policy")],
        help: ArgumentHelp(
            """
            NeverVerify, NeverVerifyPreloadedImages, NeverVerifyAllowlistedImages or AlwaysVerify, as a kubelet has them: who gets an image of \
            the layout without showing the registry a credential. Default: the configuration's, else NeverVerifyPreloadedImages.
            """, valueName: "policy"),
        transform: Self.policy)
    var policy: CredentialVerification.Policy?

    @Option(
        name: [.customLong("verification-allowlist"), .customLong("preloaded-images-verification-allowlist")],
        help: ArgumentHelp(
            """
            REGISTRY/REPOSITORY, or REGISTRY/* or REGISTRY/PATH/*: images that NeverVerifyAllowlistedImages gives to everybody (repeatable). \
            Default: the configuration's.
            """, valueName: "pattern"))
    var patterns: [String] = []

    /// What holds for this command.
    func verification(configured: CredentialVerification) throws(Failure) -> CredentialVerification {
        let policy = policy ?? configured.policy
        guard !patterns.isEmpty else { return CredentialVerification(policy: policy, allowlist: configured.allowlist) }
        guard policy == .neverVerifyAllowlistedImages else {
            throw ArgumentReader.wrong(
                "--verification-allowlist means nothing under the policy \(policy.rawValue)",
                advice: "add --verification-policy \(CredentialVerification.Policy.neverVerifyAllowlistedImages.rawValue)")
        }
        return CredentialVerification(policy: policy, allowlist: try ImageAllowlist(patterns))
    }

    private static func policy(_ text: String) throws -> CredentialVerification.Policy {
        guard let policy = CredentialVerification.Policy(text: text) else {
            let words = CredentialVerification.Policy.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\(text) is none of \(words).")
        }
        return policy
    }
}
