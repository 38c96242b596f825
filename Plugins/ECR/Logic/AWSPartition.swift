/// A part of AWS with its own accounts, regions and domain names (AWS General Reference; the endpoint rules of the AWS SDKs).
public struct AWSPartition: Sendable, Hashable {
    /// As ARNs write it: `aws-cn`.
    public let id: String
    /// How its regions begin.
    let regionPrefixes: [String]
    /// Where its services and registries are: `amazonaws.com`.
    let domain: String
    /// Where its services answer over IPv6 too: `api.aws`.
    let dualStackDomain: String
    /// Where its registries answer over IPv6 too, if they do: `on.aws`.
    let dualStackRegistryDomain: String?

    /// The partition of a region. One that nobody knows yet is taken for a new region of the largest partition.
    public static func of(region: String) -> AWSPartition {
        for partition in isolated where partition.regionPrefixes.contains(where: region.hasPrefix) { return partition }
        return standard
    }

    static let standard = AWSPartition(
        id: "aws", regionPrefixes: [], domain: "amazonaws.com", dualStackDomain: "api.aws", dualStackRegistryDomain: "on.aws")

    private static let isolated = [
        AWSPartition(
            id: "aws-cn", regionPrefixes: ["cn-"], domain: "amazonaws.com.cn", dualStackDomain: "api.amazonwebservices.com.cn",
            dualStackRegistryDomain: "on.amazonwebservices.com.cn"),
        AWSPartition(
            id: "aws-us-gov", regionPrefixes: ["us-gov-"], domain: "amazonaws.com", dualStackDomain: "api.aws",
            dualStackRegistryDomain: "on.aws"),
        AWSPartition(
            id: "aws-eusc", regionPrefixes: ["eusc-de-"], domain: "amazonaws.eu", dualStackDomain: "api.amazonwebservices.eu",
            dualStackRegistryDomain: nil),
        AWSPartition(
            id: "aws-iso", regionPrefixes: ["us-iso-"], domain: "c2s.ic.gov", dualStackDomain: "api.aws.ic.gov",
            dualStackRegistryDomain: nil),
        AWSPartition(
            id: "aws-iso-b", regionPrefixes: ["us-isob-"], domain: "sc2s.sgov.gov", dualStackDomain: "api.aws.scloud",
            dualStackRegistryDomain: nil),
        AWSPartition(
            id: "aws-iso-e", regionPrefixes: ["eu-isoe-"], domain: "cloud.adc-e.uk", dualStackDomain: "api.cloud-aws.adc-e.uk",
            dualStackRegistryDomain: nil),
        AWSPartition(
            id: "aws-iso-f", regionPrefixes: ["us-isof-"], domain: "csp.hci.ic.gov", dualStackDomain: "api.aws.hci.ic.gov",
            dualStackRegistryDomain: nil),
    ]
}
