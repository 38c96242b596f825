public import TabardCore
public import TabardPluginKit
import TabardSigning

/// Registry credentials for Amazon ECR, private and public.
public final class ECRProvider: CredentialProvider {
    /// `aws-ecr-key`.
    public static let descriptor = ProviderDescriptor(
        id: "aws-ecr-key", title: "Amazon Elastic Container Registry",
        patterns: [
            "*.dkr.ecr.*.amazonaws.com", "*.dkr.ecr-fips.*.amazonaws.com", "*.dkr-ecr.*.on.aws", "*.dkr-ecr-fips.*.on.aws",
            "*.dkr.ecr.*.amazonaws.com.cn", "*.dkr-ecr.*.on.amazonwebservices.com.cn", "*.dkr.ecr.*.amazonaws.eu",
            "*.dkr.ecr.*.c2s.ic.gov", "*.dkr.ecr.*.sc2s.sgov.gov", "*.dkr.ecr.*.cloud.adc-e.uk", "*.dkr.ecr.*.csp.hci.ic.gov",
            "public.ecr.aws", "ecr-public.aws.com",
        ],
        settings: [
            SettingDescription(
                "region",
                "the region of images whose host names none (matchImages); default AWS_REGION, AWS_DEFAULT_REGION, the AWS profile's"),
            SettingDescription(
                "endpoint", "where private registries' tokens are asked for, instead of AWS's own endpoint of the region", kind: .url),
        ],
        isConcurrent: true, usesServiceAccount: true)

    private let region: String?
    private let endpoint: String?
    private let patterns: [ImagePattern]
    private let environment: AWSEnvironment
    private let chain: AWSCredentialChain
    private let client: AWSClient

    /// Reads the settings; the environment is read anew in each call.
    public convenience init(settings: ProviderSettings, call: PluginCall) throws(Failure) {
        try self.init(settings: settings, environment: .process)
    }

    init(settings: ProviderSettings, environment: AWSEnvironment, budget: RetryBudget = RetryBudget()) throws(Failure) {
        if let region = settings["region"] {
            self.region = try AWSRegion.checked(region, from: "setting region")
        } else {
            region = nil
        }
        endpoint = settings["endpoint"]
        patterns = try settings.operatorPatterns()
        self.environment = environment
        client = AWSClient(budget: budget)
        chain = AWSCredentialChain(environment: environment, client: client, budget: budget)
    }

    /// ECR's own host names, and what the operator added.
    public func matches(_ request: PluginRequest) -> Bool {
        ECRHost(Self.hostName(request.registry)) != nil || patterns.contains { $0.matches(name: request.image) }
    }

    /// Asks for one token.
    public func provide(_ request: PluginRequest, call: PluginCall) throws(Failure) -> ProviderReply {
        let target = try ECRTarget(
            registry: request.registry, host: ECRHost(Self.hostName(request.registry)),
            isAdded: patterns.contains { $0.matches(name: request.image) }, region: region, endpoint: endpoint, environment: environment)
        let (credentials, place) = try credentials(for: request, region: target.request.endpoint.region, call: call)
        call.log(.info(2), "asking \(target.request.subject) for a token for \(request.registry), with credentials from \(place)")
        let response = try client.send(target.request, credentials: credentials, call: call)
        let authorization = try ECRAuthorization(parsing: response.body, isPublic: target.isPublic, from: target.request.subject)
        return reply(authorization, registry: request.registry, response, call: call)
    }

    /// The Pod's own credentials when the kubelet sent its service account's token and a role is named for it, else the node's.
    private func credentials(
        for request: PluginRequest, region: String, call: PluginCall
    ) throws(Failure) -> (credentials: AWSCredentials, place: String) {
        guard let token = request.serviceAccountToken else { return try chain.credentials(region: region, call: call) }
        let role = request.serviceAccountAnnotations[Self.roleAnnotation] ?? environment.text("AWS_ECR_ROLE_ARN")
        guard let role else {
            call.log(
                .info(0), "no role for the service account (\(Self.roleAnnotation), AWS_ECR_ROLE_ARN): using this machine's credentials")
            return try chain.credentials(region: region, call: call)
        }
        let service = STSClient(environment: environment, client: client)
        let credentials = try service.assumeRole(
            role, sessionName: "ecr-credential-provider", token: token, region: region, call: call)
        return (credentials, "role \(role) by the Pod's service account")
    }

    private static let roleAnnotation = "eks.amazonaws.com/ecr-role-arn"

    /// The reply, its expiry on this machine's clock: what is left is counted from the answer's own date.
    private func reply(
        _ authorization: ECRAuthorization, registry: String, _ response: PluginHTTPResponse, call: PluginCall
    ) -> ProviderReply {
        let now = call.unixTime
        var reply = ProviderReply.basic(
            for: registry, username: authorization.username, password: authorization.password, scope: .registry)
        guard let expires = authorization.expires else {
            reply.duration = .zero
            return reply
        }
        let left = response.remaining(until: expires, now: now)
        guard left > .zero else {
            call.log(.warning, "the token for \(registry) had expired before it arrived (\(expires.rfc3339)); it is used once and not kept")
            reply.duration = .zero
            return reply
        }
        reply.expires = now.adding(left)
        reply.entries[0].expires = reply.expires
        return reply
    }

    private static func hostName(_ registry: String) -> String {
        String(registry.split(separator: ":", maxSplits: 1).first ?? "")
    }
}
