import TabardCore

/// What to ask for one registry: of which service, where.
struct ECRTarget: Sendable {
    /// Whether it is the public gallery.
    let isPublic: Bool
    /// The call.
    let request: AWSRequest

    /// Decides it.
    ///
    /// - Parameters:
    ///   - host: What the registry's name says; nil when it is not one of ECR's.
    ///   - isAdded: Whether the operator asked for this image to be served all the same.
    ///   - region: The rule's or the setting's.
    ///   - endpoint: The setting; for private registries only.
    /// - Throws: `.notMine`, or `.invalid` when the region or endpoint cannot be told.
    init(
        registry: String, host: ECRHost?, isAdded: Bool, region: String?, endpoint: String?, environment: AWSEnvironment
    ) throws(Failure) {
        guard host != nil || isAdded else {
            throw Failure(
                .notMine, attempting: "reading a registry's name", on: registry,
                reason: "it is not a name that AWS gives to an ECR registry, in this region's domain",
                advice: "if it is one under another name, add it to matchImages and give a rule with match and region")
        }
        isPublic = host?.isPublic == true
        let service: AWSService = isPublic ? .ecrPublic : .ecr
        let chosen: String
        if let host {
            chosen = host.region
        } else if let region {
            chosen = region
        } else if let named = try environment.region() {
            chosen = named
        } else if let named = try AWSProfiles(environment: environment).region() {
            chosen = named
        } else {
            throw Failure(
                .invalid, attempting: "choosing the AWS region", on: registry, reason: "the name of the registry does not tell its region",
                advice: "set region in the configuration of aws-ecr-key, or AWS_REGION")
        }
        let place = try AWSEndpoint(
            service, region: chosen, following: host, override: isPublic ? nil : endpoint, environment: environment)
        // "ECR API Reference" and "ECR Public API Reference", GetAuthorizationToken; registryIds is deprecated and left out.
        request = AWSRequest(
            endpoint: place, permission: "\(service.rawValue):GetAuthorizationToken",
            furtherPermission: isPublic ? "sts:GetServiceBearerToken" : nil,
            headers: [
                ("Content-Type", "application/x-amz-json-1.1"),
                (
                    "X-Amz-Target",
                    isPublic
                        ? "SpencerFrontendService.GetAuthorizationToken"
                        : "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
                ),
            ],
            body: Secret("{}"))
    }
}
