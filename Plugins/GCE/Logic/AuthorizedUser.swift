internal import TabardCore
internal import TabardJSON
internal import TabardPluginKit
internal import TabardSigning

/// A person's credentials as `gcloud auth application-default login` writes them: a refresh token, which Google's token endpoint turns into
/// access tokens (RFC 6749, section 6).
struct AuthorizedUser: Sendable {
    /// The setting for another endpoint.
    static let setting = SettingDescription(
        "tokenURL", "where refresh tokens are turned into access tokens; default https://oauth2.googleapis.com/token", kind: .url)

    private let clientID: String
    private let clientSecret: Secret
    private let refreshToken: Secret

    /// Reads the members of a credentials file whose `type` is `authorized_user`.
    init(_ file: JSONNode) throws(Failure) {
        clientID = try file.requireString("client_id")
        clientSecret = try file.requireSecret("client_secret")
        refreshToken = try file.requireSecret("refresh_token")
    }

    /// A new access token.
    ///
    /// - Parameter place: The file, for failures.
    func accessToken(at endpoint: WebURL, from place: String, call: PluginCall, budget: RetryBudget) throws(Failure) -> AccessToken {
        var request = PluginHTTPRequest("POST", endpoint.description, maximumBody: 64 << 10)
        request.headers = [("Content-Type", .text(OAuthForm.contentType)), ("Accept", "application/json")]
        request.body = OAuthForm.body([
            ("grant_type", .text("refresh_token")), ("client_id", .text(clientID)), ("client_secret", .secret(clientSecret)),
            ("refresh_token", .secret(refreshToken)),
        ])
        return try budget.run(call) { (_) throws(Failure) in
            let response = try exchange(request, call)
            let now = call.unixTime
            guard response.status == 200 else { throw refusal(response, endpoint, place, now) }
            return try AccessToken(response, source: endpoint.redacted, now: now)
        }
    }

    private func exchange(_ request: PluginHTTPRequest, _ call: PluginCall) throws(Failure) -> PluginHTTPResponse {
        do {
            return try call.http(request)
        } catch {
            var failure = error
            failure.attempting = "getting an access token"
            if failure.advice.isEmpty { failure.advice = "check the network, and HTTPS_PROXY where a proxy is needed" }
            throw failure
        }
    }

    private func refusal(_ response: PluginHTTPResponse, _ endpoint: WebURL, _ place: String, _ now: UTCTime) -> Failure {
        var failure = Failure(
            .badResponse, attempting: "getting an access token with the refresh token in \(place)", on: endpoint.redacted,
            reason: "the token endpoint answered with an unexpected status", httpStatus: response.status)
        // Only the codes that RFC 6749 and Google document are shown, so that nothing else of the answer can be.
        let answer = try? JSONDocument(parsing: response.body).root
        let documented = ["invalid_grant", "invalid_client", "unauthorized_client", "invalid_request", "rate_limit_exceeded"]
        let code: String? = documented.first { $0 == answer?["error"]?.string }
        switch response.status {
        case 408, 429, 500, 502, 503, 504:
            failure.code = .unavailable
            failure.reason = "the token endpoint is overloaded or not ready"
            failure.retryAfter = response.retryAfter(now: now)
        case 400, 401, 403:
            failure.code = .denied
            failure.reason = "the token endpoint refused" + (code.map { " (\($0))" } ?? "")
            failure.advice =
                code == "invalid_grant"
                ? "the refresh token expired or was revoked: run gcloud auth application-default login"
                : "check the file; gcloud auth application-default login writes a new one"
        default: failure.advice = "check what answers at this address"
        }
        return failure
    }
}
