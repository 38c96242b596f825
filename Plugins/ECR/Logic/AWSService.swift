/// The services that this plugin asks, and where the SDKs' endpoint rules put them.
enum AWSService: String, Sendable, CaseIterable {
    /// Private registries.
    case ecr
    /// The public gallery.
    case ecrPublic = "ecr-public"
    /// Temporary credentials.
    case sts
    /// Temporary credentials for people who logged in at a portal.
    case sso

    /// What signatures call it.
    var signingName: String { rawValue }

    /// The suffix of its environment variable, as in `AWS_ENDPOINT_URL_ECR_PUBLIC`.
    var variableSuffix: String {
        switch self {
        case .ecr: "ECR"
        case .ecrPublic: "ECR_PUBLIC"
        case .sts: "STS"
        case .sso: "SSO"
        }
    }

    /// What a `services` section of the shared config file calls it.
    var profileKey: String { variableSuffix.lowercased() }

    /// The host name of its endpoint. PrivateLink covers the plain names, so those stay the default.
    func host(region: String, isFIPS: Bool, isDualStack: Bool) -> String {
        let partition = AWSPartition.of(region: region)
        let domain = isDualStack ? partition.dualStackDomain : partition.domain
        let name =
            switch (self, isFIPS, isDualStack) {
            case (.ecr, false, false): "api.ecr"
            case (.ecr, true, false): "api.ecr-fips"
            case (.ecr, false, true): "ecr"
            case (.ecr, true, true): "ecr-fips"
            case (.ecrPublic, false, true) where partition == .standard: "ecr-public"
            case (.ecrPublic, false, _): "api.ecr-public"
            case (.ecrPublic, true, _): "api.ecr-public-fips"
            // In GovCloud the plain name is the FIPS one.
            case (.sts, true, false) where partition.id == "aws-us-gov": "sts"
            case (.sts, true, _): "sts-fips"
            case (.sts, false, _): "sts"
            case (.sso, true, _): "portal.sso-fips"
            case (.sso, false, _): "portal.sso"
            }
        return "\(name).\(region).\(domain)"
    }
}
