import TabardCore
import TabardPluginKit
import TabardSigning

/// The places where credentials are looked for, in order; the first where something is set up decides.
struct AWSCredentialChain: Sendable {
    let sources: [any AWSCredentialSource]

    /// The credentials and where they came from.
    ///
    /// - Throws: What the deciding place said, or `.notFound` naming every place when nothing is set up anywhere.
    func credentials(_ call: PluginCall) throws(Failure) -> (credentials: AWSCredentials, place: String) {
        for source in sources {
            if let credentials = try source.credentials(call) {
                call.log(.info(4), "AWS credentials \(AWSRefusal.masked(credentials.accessKeyID)) from \(source.place)")
                return (credentials, source.place)
            }
        }
        throw Failure(
            .notFound, attempting: "looking for AWS credentials", reason: "found none in: \(sources.map(\.place).joined(separator: "; "))",
            advice: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for temporary keys) for this process")
    }
}
