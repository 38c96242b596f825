import TabardCore
import TabardPluginKit
import TabardSigning

/// The token service of one registry, where an Entra token becomes a refresh token of the registry
/// (https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md).
struct ACRTokenService: Sendable {
    /// Where exchanges are made.
    let url: WebURL
    /// What the registry calls itself.
    let service: String

    /// The one that a registry has unless it says otherwise.
    init(origin: String, service: String) throws(Failure) {
        url = try WebURL("\(origin)/oauth2/exchange")
        self.service = service
    }

    /// The exchange to perform.
    func exchange(token: Secret, tenant: String) -> PluginHTTPRequest {
        let body = OAuthForm.body([
            ("grant_type", .text("access_token")), ("service", .text(service)), ("tenant", .text(tenant)), ("access_token", .secret(token)),
        ])
        return PluginHTTPRequest(
            "POST", url.description, headers: [("Content-Type", .text(OAuthForm.contentType)), ("Accept", "application/json")], body: body,
            timeout: .seconds(15), maximumBody: 64 << 10)
    }
}
