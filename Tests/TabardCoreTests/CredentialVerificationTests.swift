import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

/// The kubelet's policies for images that are here already.
@Suite struct CredentialVerificationTests {
    @Test(arguments: try Fixtures.json("core/image-allowlists.json").elements)
    func `an allowlist contains what the fixture says, or is refused with its reason`(_ example: JSONNode) throws {
        let patterns = try example.requireArray("allowlist").map { try $0.asString() }
        if let reason = try example.optionalString("error") {
            let failure = #expect(throws: Failure.self) { try ImageAllowlist(patterns) }
            #expect(failure?.code == .invalid && failure?.reason.contains(reason) == true, "\(String(describing: failure))")
            return
        }
        let verification = CredentialVerification(policy: .neverVerifyAllowlistedImages, allowlist: try ImageAllowlist(patterns))
        let image = try ImageReference(try example.requireString("image"))
        for wasPulled in [true, false] {
            #expect(verification.isRequired(for: image, wasPulled: wasPulled) == (try example.requireBool("verify_required")))
        }
    }

    @Test(arguments: try Fixtures.json("core/verification-policies.json").elements)
    func `a policy asks for what the fixture says`(_ example: JSONNode) throws {
        let policy = try #require(CredentialVerification.Policy(rawValue: try example.requireString("policy")))
        let isRequired = CredentialVerification(policy: policy).isRequired(
            for: try ImageReference("r.example/app"), wasPulled: try example.requireBool("kubelet_pulled"))
        #expect(isRequired == (try example.requireBool("verify_required")))
    }
}
