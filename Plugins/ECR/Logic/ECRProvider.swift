public import TabardCore
public import TabardPluginKit

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
            SettingDescription(
                "serviceAccount",
                "what a Pod's service account token is for: require, prefer (the machine's identity where there is no role), never;"
                    + " default prefer"),
            SettingDescription(
                "ec2", "whether this machine is Amazon's, so that AWS is waited for until the deadline; default: what its firmware says",
                kind: .flag),
            SettingDescription(
                "instanceMetadataV1", "whether instance metadata may be asked in version 1 where it gives no session token; default false",
                kind: .flag),
            SettingDescription(
                "rules.match", "images that the rule is for; the first rule that fits counts", kind: .pattern, isRepeated: true),
            SettingDescription("rules.account", "the account, twelve digits, whose registries the rule is for", isRepeated: true),
            SettingDescription("rules.profile", "the AWS profile to use, in place of the search for credentials", isRepeated: true),
            SettingDescription("rules.role", "the ARN of a role to take with those credentials", isRepeated: true),
            SettingDescription("rules.externalID", "what the role's owner asks for", isRepeated: true),
            SettingDescription("rules.region", "the region of a host name that tells none", isRepeated: true),
        ],
        isConcurrent: true, usesServiceAccount: true,
        // STS gives credentials of the role that the annotation names; Pods without one go on with the node's.
        tokenAttributes: TokenAttributes(
            audience: "sts.amazonaws.com", requiresServiceAccount: false, cacheType: .serviceAccount,
            optionalAnnotationKeys: [ECRIdentity.roleAnnotation]))

    private let region: String?
    private let endpoint: String?
    private let patterns: [ImagePattern]
    private let rules: [ECRRule]
    private let environment: AWSEnvironment
    private let identity: ECRIdentity
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
        rules = try ECRRule.all(in: settings)
        let policy = settings["serviceAccount"].map(ServiceAccountPolicy.init) ?? .prefer
        guard let policy else {
            throw Failure(
                .invalid, attempting: "reading the settings of aws-ecr-key", on: "serviceAccount",
                reason: "\"\((settings["serviceAccount"] ?? "").prefix(40))\" is none of require, prefer, never", advice: "use one of them")
        }
        self.environment = environment
        let machine = AWSMachine(environment: environment, setting: settings["ec2"].map { $0 == "true" })
        let retries = AWSRetries(budget: budget, machine: machine)
        client = AWSClient(retries: retries)
        identity = ECRIdentity(
            environment: environment, client: client, retries: retries, policy: policy,
            allowsMetadataV1: settings.flag("instanceMetadataV1"))
    }

    /// ECR's own host names, and what the operator added.
    public func matches(_ request: PluginRequest) -> Bool { ECRHost(Self.hostName(request.registry)) != nil || isAdded(request) }

    private func isAdded(_ request: PluginRequest) -> Bool {
        patterns.contains { $0.matches(name: request.image) } || rules.contains { $0.names(request) }
    }

    /// Asks for one token.
    public func provide(_ request: PluginRequest, call: PluginCall) throws(Failure) -> ProviderReply {
        let host = ECRHost(Self.hostName(request.registry))
        let rule = rules.first { $0.fits(request, host: host) }
        // The rule's profile may name endpoints of its own.
        let chosen = rule?.profile.map { environment.choosing(profile: $0) } ?? environment
        let target = try ECRTarget(
            registry: request.registry, host: host, isAdded: isAdded(request), region: rule?.region ?? region, endpoint: endpoint,
            environment: chosen)
        let found: ECRIdentity.Found
        do {
            found = try identity.credentials(for: request, rule: rule, region: target.request.endpoint.region, call: call)
        } catch {
            guard target.isPublic, error.code == .notFound else { throw error }
            call.log(
                .info(0),
                "\(request.registry): this machine has no AWS identity, so the public gallery is read anonymously, which Amazon limits")
            return ProviderReply(scope: .registry, duration: Self.anonymously)
        }
        call.log(.info(2), "asking \(target.request.subject) for a token for \(request.registry), with credentials from \(found.place)")
        let response: PluginHTTPResponse
        do {
            response = try client.send(target.request, credentials: found.credentials, call: call)
        } catch {
            var failure = error
            if failure.code == .denied { failure.reason += " (credentials from \(found.place))" }
            throw failure
        }
        let authorization = try ECRAuthorization(parsing: response.body, isPublic: target.isPublic, from: target.request.subject)
        return reply(authorization, registry: request.registry, response, call: call)
    }

    /// How long it is believed that this machine has no identity.
    private static let anonymously = Duration.seconds(300)

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
