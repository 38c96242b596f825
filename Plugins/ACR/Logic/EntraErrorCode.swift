import TabardCore

/// What the numbers of Entra ID's errors mean for a service principal
/// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
enum EntraErrorCode {
    /// The assertion of a certificate is too old or too new by Entra's clock.
    static let assertionTime = 700_024

    /// The kind of failure, the reason and what to try; nil for numbers that are not known here.
    static func meaning(of number: Int, for request: EntraTokenRequest) -> (code: Failure.Code, reason: String, advice: String)? {
        let (tenant, client) = (request.principal.tenant, request.principal.client)
        switch number {
        case 7_000_215:
            return (
                .denied, "the client secret is wrong",
                "put the secret's value, not its id, into \(request.principal.place), and check that it is one of application \(client)"
            )
        case 7_000_222:
            return (
                .denied, "the client secret has expired",
                "make a new one for application \(client) and put its value into \(request.principal.place)"
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
            return (.denied, "no proof of the client arrived", "look for a proxy that changes requests")
        case 65_001, 65_004, 501_051, 50_105:
            return (
                .denied, "application \(client) has not been allowed to ask for \(request.audience) in tenant \(tenant)",
                "let an administrator of the tenant consent to the application, or assign it"
            )
        default: return assertionMeaning(of: number, for: request)
        }
    }

    /// The numbers for certificates and federated tokens, and for an Entra ID that cannot answer.
    private static func assertionMeaning(
        of number: Int, for request: EntraTokenRequest
    ) -> (code: Failure.Code, reason: String, advice: String)? {
        let (client, place) = (request.principal.client, request.principal.place)
        switch number {
        case assertionTime, 500_133:
            if case .assertion = request.principal.proof {
                return (
                    .denied, "the federated token has expired or is not valid yet", "check what renews \(place), and this machine's clock"
                )
            }
            return (.denied, "the assertion's time is not Entra ID's", "set this machine's clock")
        case 700_027, 50_012, 7_000_214:
            return (
                .denied, "application \(client) does not have this certificate, or it has expired",
                "add the certificate of \(place) to the application; where it trusts a subject name and an issuer, set sendCertificateChain"
            )
        case 700_023, 50_027, 50_013, 500_132:
            return (.denied, "the assertion is not one that Entra ID takes", "check the authority host and what is in \(place)")
        case 70_025:
            return (
                .denied, "application \(client) has no federated credential",
                "add one for the issuer and subject of \(place): az identity federated-credential create"
            )
        case 700_211, 700_212, 700_213, 7_002_131, 700_223:
            let part = number == 700_211 ? "issuer" : number == 700_212 ? "audience" : "subject"
            return (
                .denied, "no federated credential of application \(client) fits the token's \(part)",
                "compare issuer, subject and audience (api://AzureADTokenExchange) of \(place) with those of the federated credential"
            )
        case 700_222:
            return (.denied, "a token of Entra ID itself is no federated token", "use the token of the cluster's own issuer")
        case 90_033, 90_006, 50_196: return (.unavailable, "Entra ID is not able to answer just now", "try again later")
        default: return nil
        }
    }
}
