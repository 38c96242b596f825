import TabardCore
import TabardPluginKit
import TabardSigning

/// Keys in environment variables.
struct EnvironmentCredentialSource: AWSCredentialSource {
    let environment: AWSEnvironment

    let place = "environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"

    func credentials(region: String, call: PluginCall) throws(Failure) -> AWSCredentials? {
        let keyID = environment.text("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY")
        let secret = environment.text("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY")
        guard keyID != nil || secret != nil else { return nil }
        guard let keyID, let secret else {
            let missing = keyID == nil ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY"
            throw Failure(
                .invalid, attempting: "reading AWS credentials", on: "environment",
                reason: "of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set", advice: "set \(missing) too, or unset the other")
        }
        guard keyID.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x2C && $0 != 0x2F }), keyID.utf8.count <= 128 else {
            throw Failure(
                .invalid, attempting: "reading AWS credentials", on: "environment",
                reason: "AWS_ACCESS_KEY_ID holds characters that no key id has", advice: "look for a line break, a space or a quote in it")
        }
        return AWSCredentials(
            accessKeyID: keyID, secretAccessKey: Secret(secret), sessionToken: environment.text("AWS_SESSION_TOKEN").map { Secret($0) })
    }
}
