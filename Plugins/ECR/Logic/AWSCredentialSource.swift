import TabardCore
import TabardPluginKit
import TabardSigning

/// One place where AWS credentials can come from.
protocol AWSCredentialSource: Sendable {
    /// Where that is, for messages: `the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`.
    var place: String { get }

    /// The credentials of this place.
    ///
    /// - Returns: nil when nothing is set up here, so that the next place is asked.
    /// - Throws: When something is set up here but does not work: no other place is asked then.
    func credentials(_ call: PluginCall) throws(Failure) -> AWSCredentials?
}
