import TabardCore
import TabardPluginKit
import TabardSigning

/// The places where credentials are looked for, in order; the first where something is set up decides.
struct AWSCredentialChain: Sendable {
    let sources: [any AWSCredentialSource]
    /// The one of them that reads the profile.
    let profile: ProfileCredentialSource

    /// The places in the order of AWS's Go SDK.
    ///
    /// - Parameter allowsMetadataV1: Whether instance metadata may be asked without a session token where it gives none.
    init(environment: AWSEnvironment, client: AWSClient, retries: AWSRetries, allowsMetadataV1: Bool = false) {
        let service = STSClient(environment: environment, client: client)
        let keys = EnvironmentCredentialSource(environment: environment)
        let container = ContainerCredentialSource(environment: environment, retries: retries)
        let instance = InstanceMetadataSource(environment: environment, retries: retries, allowsV1: allowsMetadataV1)
        profile = ProfileCredentialSource(
            environment: environment, service: service, retries: retries,
            places: ["Environment": keys, "EcsContainer": container, "Ec2InstanceMetadata": instance])
        sources = [keys, WebIdentitySource(environment: environment, service: service), profile, container, instance]
    }

    /// The credentials and where they came from.
    ///
    /// - Throws: What the deciding place said, or `.notFound` naming every place when there are none anywhere.
    func credentials(region: String, call: PluginCall) throws(Failure) -> (credentials: AWSCredentials, place: String) {
        var tried: [String] = []
        for source in sources {
            do {
                if let credentials = try source.credentials(region: region, call: call) {
                    call.log(.info(4), "AWS credentials \(AWSRefusal.masked(credentials.accessKeyID)) from \(source.place)")
                    return (credentials, source.place)
                }
                tried.append("\(source.place): not set")
            } catch {
                guard error.code == .notFound else { throw error }
                tried.append("\(source.place): \(error.reason)\(error.advice.isEmpty ? "" : " (\(error.advice))")")
            }
        }
        throw Failure(
            .notFound, attempting: "looking for AWS credentials", reason: "there are none in \(tried.joined(separator: "; "))",
            advice: "give this machine an instance role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for this process")
    }
}
