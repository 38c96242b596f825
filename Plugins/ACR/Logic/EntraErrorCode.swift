import TabardCore

/// What the numbers of Entra ID's errors mean for a service principal
/// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
enum EntraErrorCode {
    /// The kind of failure, the reason and what to try; nil for numbers that are not known here.
    static func meaning(of number: Int, for request: EntraTokenRequest) -> (code: Failure.Code, reason: String, advice: String)? {
        let (tenant, client) = (request.principal.tenant, request.principal.client)
        switch number {
        case 7_000_215:
            return (
                .denied, "the client secret is wrong",
                "put the secret's value, not its id, into \(request.principal.secretPlace), and check that it is one of application \(client)"
            )
        case 7_000_222:
            return (
                .denied, "the client secret has expired",
                "make a new one for application \(client) and put its value into \(request.principal.secretPlace)"
            )
        case 700_016:
            return (
                .denied, "tenant \(tenant) has no application \(client)",
                "check the client id (the application id, not the object id) and the tenant"
            )
        case 7_000_229:
            return (
                .denied, "application \(client) has no service principal in tenant \(tenant)",
                "create one: az ad sp create --id \(client)"
            )
        case 7_000_112: return (.denied, "application \(client) is disabled", "enable it in tenant \(tenant)")
        case 90_002, 900_023, 90_013:
            return (
                .denied, "there is no tenant \(tenant) in this cloud",
                "check the tenant id, and that \(request.endpoint.host) is its cloud's"
            )
        case 50_194, 90_051, 9_002_332:
            return (.denied, "\(tenant) is not a tenant of its own", "name the service principal's own tenant id instead")
        case 900_382, 900_432, 900_439:
            return (.denied, "the application belongs to another cloud", "set authorityHost (AZURE_AUTHORITY_HOST) to that cloud's")
        case 500_011, 650_057, 1_002_012, 28_002, 70_011:
            return (
                .denied, "tenant \(tenant) does not know \(request.audience), which the token is for",
                "check the setting audience; registries that still take tokens of Azure Resource Manager need for example https://management.azure.com"
            )
        case 53_003, 530_031, 530_032:
            return (
                .denied, "a Conditional Access policy of tenant \(tenant) blocks this service principal",
                "let this machine's address pass in the policy for workload identities"
            )
        case 7_000_218:
            return (.denied, "no client secret arrived", "look for a proxy that changes requests")
        case 90_033, 90_006, 50_196: return (.unavailable, "Entra ID is not able to answer just now", "")
        default: return nil
        }
    }
}
