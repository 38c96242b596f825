import TabardCore
import TabardPluginKit
import TabardSigning

/// One place where AWS credentials can come from.
protocol AWSCredentialSource: Sendable {
    /// Where that is, for messages: `environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`.
    var place: String { get }

    /// The credentials of this place.
    ///
    /// - Parameter region: The region of the registry, for places that must ask AWS in some region.
    /// - Returns: nil when nothing is set up here, so that the next place is asked.
    /// - Throws: `.notFound` when it turned out that there is nothing here, with the reason; the next place is asked then too. Anything else
    ///   when something is set up here but does not work: no other place is asked.
    func credentials(region: String, call: PluginCall) throws(Failure) -> AWSCredentials?
}
