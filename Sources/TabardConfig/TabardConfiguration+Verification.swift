import TabardCore
import TabardJSON

/// `imagePullCredentialsVerificationPolicy` and `preloadedImagesVerificationAllowlist`, as a kubelet's configuration has them.
extension TabardConfiguration {
    static let verificationKeys = ["imagePullCredentialsVerificationPolicy", "preloadedImagesVerificationAllowlist"]

    static func readVerification(_ root: JSONNode) throws(Failure) -> CredentialVerification {
        var policy = CredentialVerification().policy
        if let node = try root.optional(verificationKeys[0]) {
            // A kubelet takes exactly these words.
            guard let known = CredentialVerification.Policy(rawValue: try node.asString()) else {
                let words = CredentialVerification.Policy.allCases.map(\.rawValue).joined(separator: ", ")
                throw node.failure("is no policy for verifying credentials", advice: "write one of \(words)")
            }
            policy = known
        }
        guard let node = try root.optional(verificationKeys[1]) else { return CredentialVerification(policy: policy) }
        let nodes = try node.asArray()
        guard nodes.isEmpty || policy == .neverVerifyAllowlistedImages else {
            throw node.failure(
                "means nothing under the policy \(policy.rawValue)",
                advice:
                    "set \(verificationKeys[0]) to \(CredentialVerification.Policy.neverVerifyAllowlistedImages.rawValue), or leave the list out"
            )
        }
        var patterns: [String] = []
        for element in nodes {
            let pattern = try element.asString()
            do throws(Failure) {
                _ = try ImageAllowlist([pattern])
            } catch {
                throw element.failure("cannot be used: \(error.reason)", advice: error.advice)
            }
            patterns.append(pattern)
        }
        return CredentialVerification(policy: policy, allowlist: try ImageAllowlist(patterns))
    }
}
