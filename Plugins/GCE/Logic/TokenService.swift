internal import TabardCore
internal import TabardJSON
internal import TabardPluginKit
internal import TabardSigning

/// How Google's token endpoints (RFC 6749, RFC 8693) and the IAM Credentials API are asked, and their refusals understood.
struct TokenService: Sendable {
    /// One request of a flow, as messages tell it.
    struct Step: Sendable {
        /// `exchanging the subject token`.
        var attempting: String
        /// Whose credentials it is about.
        var account: String
        /// What to try when the endpoint refuses, by its error code; "" is for every other code.
        var advice: [String: String]
    }

    let budget: RetryBudget

    /// Sends a form, and reads the access token of the answer.
    func token(
        from endpoint: WebURL, form: [(name: String, value: FieldValue)], authorization: Secret? = nil, step: Step, call: PluginCall
    ) throws(Failure) -> AccessToken {
        var request = PluginHTTPRequest("POST", endpoint.description, maximumBody: 64 << 10)
        request.headers = [("Content-Type", .text(FormBody.contentType)), ("Accept", "application/json")]
        if let authorization { request.headers.append(("Authorization", .secret(authorization))) }
        request.body = FormBody.encode(form)
        return try send(request, step: step, call: call) { (response) throws(Failure) in
            try AccessToken(response, source: endpoint.redacted, now: call.unixTime)
        }
    }

    /// Sends `request`, again while that may help, and reads the answer of status 200.
    func send<Answer>(
        _ request: PluginHTTPRequest, step: Step, call: PluginCall, read: (PluginHTTPResponse) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        try budget.run(call) { (_) throws(Failure) in
            let response: PluginHTTPResponse
            do throws(Failure) {
                response = try call.http(request)
            } catch {
                var failure = error
                failure.attempting = "\(step.attempting) for \(step.account)"
                if failure.advice.isEmpty { failure.advice = "check the network, and HTTPS_PROXY where a proxy is needed" }
                throw failure
            }
            guard response.status == 200 else { throw refusal(response, WebURL.redacting(request.url), step, call) }
            return try read(response)
        }
    }

    /// Codes of RFC 6749, RFC 8693 and Google's own. Only these are shown, so that nothing else of the answer can be.
    private static let documented = [
        "invalid_grant", "invalid_client", "unauthorized_client", "invalid_request", "invalid_scope", "invalid_target", "access_denied",
        "rate_limit_exceeded", "unsupported_grant_type", "PERMISSION_DENIED", "UNAUTHENTICATED", "NOT_FOUND", "INVALID_ARGUMENT",
        "FAILED_PRECONDITION",
    ]

    private func refusal(_ response: PluginHTTPResponse, _ subject: String, _ step: Step, _ call: PluginCall) -> Failure {
        var failure = Failure(
            .badResponse, attempting: "\(step.attempting) for \(step.account)", on: subject,
            reason: "the token endpoint answered with an unexpected status", httpStatus: response.status)
        let error = (try? JSONDocument(parsing: response.body).root)?["error"]
        let said = error?.string ?? error?["status"]?.string
        let code: String? = Self.documented.first { $0 == said }
        switch response.status {
        case 408, 429, 500, 502, 503, 504:
            failure.code = .unavailable
            failure.reason = "the token endpoint is overloaded or not ready"
            failure.advice = "try again; if it lasts, look at https://status.cloud.google.com"
            failure.retryAfter = response.retryAfter(now: call.unixTime)
        case 400, 401, 403, 404:
            failure.code = .denied
            failure.reason = "the token endpoint refused" + (code.map { " (\($0))" } ?? "")
            failure.advice = code.flatMap { step.advice[$0] } ?? step.advice[""] ?? "check the credentials file"
            if let detail = Self.detail(error) {
                failure.reason += ": \(detail.reason)"
                failure.advice = detail.advice ?? failure.advice
            }
            let skew = response.clockSkew(now: call.unixTime)
            if let skew, skew.isSuspicious {
                failure.reason += "; this machine's clock is \(skew) the endpoint's"
                failure.advice = "set the clock (timedatectl), since tokens that are signed by another time are refused"
            }
        default: failure.advice = "check what answers at this address"
        }
        return failure
    }

    /// What a Google API error (google.rpc.ErrorInfo) says, as far as it is made of identifiers.
    private static func detail(_ error: JSONNode?) -> (reason: String, advice: String?)? {
        for entry in error?["details"]?.elements.prefix(20) ?? [] {
            switch entry["reason"]?.string {
            case "IAM_PERMISSION_DENIED":
                guard let permission = entry["metadata"]?["permission"]?.string, isIdentifier(permission) else { continue }
                return ("the permission \(permission) is missing", nil)
            case "SERVICE_DISABLED":
                return (
                    "the API is switched off in the project",
                    "switch it on: gcloud services enable iamcredentials.googleapis.com sts.googleapis.com"
                )
            case "ACCESS_TOKEN_SCOPE_INSUFFICIENT": return ("the scopes of the source's token do not suffice", nil)
            default: continue
            }
        }
        return nil
    }

    private static func isIdentifier(_ text: String) -> Bool {
        text.utf8.count <= 100 && text.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: ".") }
    }
}
