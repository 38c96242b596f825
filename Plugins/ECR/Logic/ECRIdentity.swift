import TabardCore
import TabardPluginKit
import TabardSigning
import TabardSystem

/// With whose credentials a registry is asked for: the Pod's, a rule's, or the machine's.
final class ECRIdentity: Sendable {
    /// Credentials and, for messages, where they came from.
    typealias Found = (credentials: AWSCredentials, place: String)

    private let environment: AWSEnvironment
    private let client: AWSClient
    private let retries: AWSRetries
    private let policy: ServiceAccountPolicy
    private let allowsMetadataV1: Bool
    /// Temporary credentials that still last, by whose they are: only in hosts that stay.
    private let kept = Monitor<[String: Found]>([:])

    static let roleAnnotation = "eks.amazonaws.com/ecr-role-arn"
    /// Credentials that end sooner are fetched anew, as AWS's SDKs do.
    private static let margin = Duration.seconds(300)

    init(environment: AWSEnvironment, client: AWSClient, retries: AWSRetries, policy: ServiceAccountPolicy, allowsMetadataV1: Bool) {
        self.environment = environment
        self.client = client
        self.retries = retries
        self.policy = policy
        self.allowsMetadataV1 = allowsMetadataV1
    }

    /// The credentials for one question.
    ///
    /// - Throws: `.notFound` when nobody's are anywhere; else what is set up but does not work.
    func credentials(
        for request: PluginRequest, rule: ECRRule?, region: String, call: PluginCall
    ) throws(Failure) -> Found {
        if let pod = try ofPod(request, region: region, call: call) { return try assuming(rule, with: pod, region: region, call: call) }
        let key = [rule?.profile, rule?.role, rule?.externalID, region].map { $0 ?? "" }.joined(separator: "\n")
        let known = call.isOneShot || request.isFresh ? nil : kept.withLock { $0[key] }
        if let known, let expires = known.credentials.expires, expires.duration(since: call.unixTime) > Self.margin { return known }
        do {
            let found = try assuming(rule, with: try ofMachine(rule, region: region, call: call), region: region, call: call)
            if !call.isOneShot { kept.withLock { $0[key] = found.credentials.expires == nil ? nil : found } }
            return found
        } catch {
            guard let known, let expires = known.credentials.expires, expires > call.unixTime, error.isTransient else { throw error }
            call.log(.warning, "credentials from \(known.place) cannot be renewed, and are used until \(expires.rfc3339): \(error)")
            return known
        }
    }

    /// The Pod's own, or nil when the machine's are to be used.
    private func ofPod(_ request: PluginRequest, region: String, call: PluginCall) throws(Failure) -> Found? {
        func refused(_ reason: String, _ advice: String) -> Failure {
            Failure(.denied, attempting: "choosing the identity of the Pod", on: request.registry, reason: reason, advice: advice)
        }
        guard policy != .never else { return nil }
        guard let token = request.serviceAccountToken else {
            guard policy == .require else { return nil }
            throw refused(
                "serviceAccount is \"require\", and the kubelet sent no service account token",
                "set tokenAttributes for this provider in the kubelet's CredentialProviderConfig")
        }
        guard let role = request.serviceAccountAnnotations[Self.roleAnnotation] ?? environment.text("AWS_ECR_ROLE_ARN") else {
            guard policy != .require else {
                throw refused(
                    "serviceAccount is \"require\", and there is no role for the service account",
                    "annotate it with \(Self.roleAnnotation), and list that key in the kubelet's tokenAttributes")
            }
            call.log(
                .warning, "no role for the service account (\(Self.roleAnnotation), AWS_ECR_ROLE_ARN): using this machine's credentials")
            return nil
        }
        let service = STSClient(environment: environment, client: client)
        let credentials = try service.assumeRole(
            role, sessionName: "ecr-credential-provider", token: token, region: region, call: call)
        return (credentials, "role \(role) by the Pod's service account")
    }

    private func ofMachine(_ rule: ECRRule?, region: String, call: PluginCall) throws(Failure) -> Found {
        let chosen = rule?.profile.map { environment.choosing(profile: $0) } ?? environment
        let chain = AWSCredentialChain(environment: chosen, client: client, retries: retries, allowsMetadataV1: allowsMetadataV1)
        guard let profile = rule?.profile else { return try chain.credentials(region: region, call: call) }
        guard let credentials = try chain.profile.credentials(region: region, call: call) else {
            throw Failure(
                .invalid, attempting: "reading AWS profiles", on: "profile \(profile)", reason: "the rule's profile has no credentials",
                advice: "add keys, credential_process or role_arn to it, or take the profile out of the rule")
        }
        return (credentials, "AWS profile \(profile)")
    }

    private func assuming(_ rule: ECRRule?, with base: Found, region: String, call: PluginCall) throws(Failure) -> Found {
        guard let role = rule?.role else { return base }
        let service = STSClient(environment: environment, client: client)
        let credentials = try service.assumeRole(
            role, sessionName: "tabard-\(call.unixTime.unixSeconds)", externalID: rule?.externalID, seconds: nil, with: base.credentials,
            region: region, call: call)
        return (credentials, "role \(role), taken with those from \(base.place)")
    }
}
