import TabardCore
import TabardJSON
import TabardPluginKit

/// The question for an access token of an application of its own.
struct EntraTokenRequest: Sendable {
    /// Where it is asked.
    let endpoint: WebURL
    /// Who asks.
    let principal: ServicePrincipal
    /// What the token is to open.
    let audience: String

    /// What is being done, for messages.
    static let attempt = "asking Entra ID for a token"

    private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    /// The exchange to perform (RFC 6749, section 4.4; with an assertion RFC 7523, section 2.2).
    ///
    /// - Parameter now: By Entra's clock, for assertions that are made here.
    func exchange(now: UTCTime) throws(Failure) -> PluginHTTPRequest {
        var fields: [(name: String, value: FieldValue)] = [
            ("grant_type", .text("client_credentials")), ("client_id", .text(principal.client)),
        ]
        func add(assertion: Secret) {
            fields += [("client_assertion_type", .text(Self.assertionType)), ("client_assertion", .secret(assertion))]
        }
        switch principal.proof {
        case .secret(let secret): fields.append(("client_secret", .secret(secret)))
        case .assertion(let token): add(assertion: token)
        case .certificate(let certificate):
            add(assertion: try certificate.assertion(client: principal.client, endpoint: endpoint, now: now))
        }
        fields.append(("scope", .text("\(audience)/.default")))
        return PluginHTTPRequest(
            "POST", endpoint.description,
            headers: [("Content-Type", .text(FormBody.contentType)), ("Accept", "application/json")], body: FormBody.encode(fields),
            timeout: .seconds(15), maximumBody: 64 << 10)
    }

    /// Performs it. An assertion that a wrong clock has spoilt is made once more, by Entra's clock.
    func perform(retries: PatientRetries, call: PluginCall) throws(Failure) -> Secret {
        try retries.run(call) { () throws(Failure) in
            var response = try call.http(exchange(now: call.unixTime), as: Self.attempt, on: endpoint.authority)
            if response.status != 200, case .certificate = principal.proof {
                let refusal = EntraRefusal(response, now: call.unixTime)
                if refusal.number == EntraErrorCode.assertionTime, let skew = refusal.skew, !skew.isNegligible {
                    call.log(.warning, "this machine's clock is \(skew) Entra ID's; the assertion is made again by Entra's")
                    response = try call.http(
                        exchange(now: call.unixTime.adding(skew.ahead)), as: Self.attempt, on: endpoint.authority)
                }
            }
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
