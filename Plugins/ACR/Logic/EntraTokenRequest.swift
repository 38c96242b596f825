import TabardCore
import TabardJSON
import TabardPluginKit
import TabardSigning

/// The question for an access token with a client's own secret (RFC 6749, section 4.4).
struct EntraTokenRequest: Sendable {
    /// Where it is asked.
    let endpoint: WebURL
    /// Who asks.
    let principal: ServicePrincipal
    /// What the token is to open.
    let audience: String

    /// What is being done, for messages.
    static let attempt = "asking Entra ID for a token"

    /// The exchange to perform.
    var exchange: PluginHTTPRequest {
        let body = OAuthForm.body([
            ("grant_type", .text("client_credentials")), ("client_id", .text(principal.client)),
            ("client_secret", .secret(principal.secret)),
            ("scope", .text("\(audience)/.default")),
        ])
        return PluginHTTPRequest(
            "POST", endpoint.description,
            headers: [("Content-Type", .text(OAuthForm.contentType)), ("Accept", "application/json")], body: body, timeout: .seconds(15),
            maximumBody: 64 << 10)
    }

    /// Performs it.
    func perform(budget: RetryBudget, call: PluginCall) throws(Failure) -> Secret {
        try budget.run(call) { (_) throws(Failure) in
            let response = try call.http(exchange, as: Self.attempt, on: endpoint.authority)
            guard response.status == 200 else { throw EntraRefusal(response, now: call.unixTime).failure(of: self) }
            return try token(in: response)
        }
    }

    /// The access token in an answer of status 200.
    func token(in response: PluginHTTPResponse) throws(Failure) -> Secret {
        let source = JSONSource(endpoint.authority, attempting: Self.attempt, code: .badResponse)
        let answer = try JSONDocument(reading: response.body, from: source).root
        let token = try answer.requireSecret("access_token")
        guard !token.isEmpty else { throw answer.failure("has an empty access_token") }
        if let type = try answer.optionalString("token_type"), type.lowercased() != "bearer" {
            throw answer.failure("has a token_type other than Bearer")
        }
        return token
    }
}
