internal import TabardCore
internal import TabardJSON
internal import TabardPluginKit
internal import TabardSigning

/// A person's credentials, as `gcloud auth application-default login` writes them: a refresh token, which an endpoint turns into access
/// tokens (RFC 6749, section 6). Its scopes were chosen at the login.
struct AuthorizedUser: TokenSource {
    /// The setting for another endpoint.
    static let setting = SettingDescription(
        "tokenURL",
        "where refresh tokens and signed assertions are turned into access tokens; default what the credentials file says, else"
            + " https://oauth2.googleapis.com/token", kind: .url)

    let account: String
    private let clientID: String
    private let clientSecret: Secret
    private let refreshToken: Secret
    private let endpoint: WebURL
    /// Whether the client proves itself in a header field, as Google's endpoint for federated persons wants it.
    private let isFederated: Bool
    private let service: TokenService

    /// Reads a file whose `type` is `authorized_user`, or `external_account_authorized_user` for a person of a workforce pool.
    init(_ file: JSONNode, isFederated: Bool, reading: CredentialsReader) throws(Failure) {
        account = "the person of \(reading.place)"
        clientID = try file.requireString("client_id")
        clientSecret = try file.requireSecret("client_secret")
        refreshToken = try file.requireSecret("refresh_token")
        endpoint =
            if isFederated {
                try reading.endpoints.url(try file.require("token_url"), of: "sts")
            } else if let given = reading.tokenEndpoint {
                given
            } else {
                try WebURL("https://oauth2.googleapis.com/token")
            }
        self.isFederated = isFederated
        service = reading.service
    }

    func accessToken(scopes: [String]?, call: PluginCall) throws(Failure) -> AccessToken {
        var form: [(name: String, value: FieldValue)] = [("grant_type", .text("refresh_token"))]
        if !isFederated { form += [("client_id", .text(clientID)), ("client_secret", .secret(clientSecret))] }
        form.append(("refresh_token", .secret(refreshToken)))
        let step = TokenService.Step(
            attempting: "getting an access token with the refresh token", account: account,
            advice: [
                "invalid_grant": "the refresh token expired or was revoked: run gcloud auth application-default login",
                "": "check the file; gcloud auth application-default login writes a new one",
            ])
        return try service.token(
            from: endpoint, form: form, authorization: isFederated ? .basicAuthorization(clientID, clientSecret) : nil, step: step,
            call: call)
    }
}

extension Secret {
    /// The value of Authorization for a client that proves itself (RFC 6749, section 2.3.1).
    static func basicAuthorization(_ name: String, _ password: Secret) -> Secret {
        var pair = SecretBuffer(capacity: 256)
        pair.append("\(name):")
        pair.append(password)
        var field = SecretBuffer(capacity: 512)
        field.append("Basic ")
        field.append(Base64.encode(pair.freeze()))
        return field.freeze()
    }

    /// The value of Authorization for whoever has `token` (RFC 6750, section 2.1).
    static func bearerAuthorization(_ token: Secret) -> Secret {
        var field = SecretBuffer(capacity: 8 + token.count)
        field.append("Bearer ")
        field.append(token)
        return field.freeze()
    }
}
