internal import TabardCore
internal import TabardCrypto
internal import TabardJSON
internal import TabardPluginKit
internal import TabardSigning

/// The key of a service account: what it signs is either turned into an access token by Google's token endpoint (RFC 7523), or is itself
/// the token (https://google.aip.dev/auth/4111).
struct ServiceAccountKey: TokenSource {
    let account: String
    private let key: RSAKey
    private let keyID: String?
    private let endpoint: WebURL
    private let signsTokens: Bool
    private let service: TokenService

    /// The longest that Google accepts.
    private static let lifetime: Int64 = 3600

    /// Reads a file whose `type` is `service_account`.
    init(_ file: JSONNode, reading: CredentialsReader) throws(Failure) {
        account = try file.requireString("client_email")
        keyID = try file.optionalString("private_key_id")
        key = try RSAKey(
            try file.requireSecret("private_key"), .pem, place: "private_key in \(reading.place)")
        let standard = "https://oauth2.\(reading.endpoints.universe)/token"
        if let given = reading.tokenEndpoint {
            endpoint = given
        } else if let node = try file.optional("token_uri") {
            endpoint = try reading.endpoints.url(node, of: "oauth2", orHosts: ["accounts.google.com", "www.googleapis.com"])
        } else {
            endpoint = try WebURL(standard)
        }
        // Other universes have no such endpoint.
        signsTokens = reading.signsTokens || reading.endpoints.universe != CredentialsReader.googleUniverse
        service = reading.service
    }

    func accessToken(scopes: [String]?, call: PluginCall) throws(Failure) -> AccessToken {
        let scopes = scopes ?? [AccessScope.readOnly]
        let now = call.unixTime
        if signsTokens {
            return AccessToken(
                value: try signed(audience: nil, scopes: scopes, now: now), expires: now.adding(.seconds(Self.lifetime)), now: now)
        }
        let step = TokenService.Step(
            attempting: "getting an access token with the key\(keyID.map { " \($0.prefix(64))" } ?? "")", account: account,
            advice: [
                "invalid_grant":
                    "the key was deleted, or the account was deleted or disabled, or this machine's clock is wrong: see gcloud iam"
                    + " service-accounts keys list",
                "invalid_scope": "correct the setting scopes",
                "": "check the account and its key (gcloud iam service-accounts keys list)",
            ])
        return try service.token(
            from: endpoint,
            form: [
                ("grant_type", .text("urn:ietf:params:oauth:grant-type:jwt-bearer")),
                ("assertion", .secret(try signed(audience: endpoint.description, scopes: scopes, now: now))),
            ], step: step, call: call)
    }

    private func signed(audience: String?, scopes: [String], now: UTCTime) throws(Failure) -> Secret {
        try JSONWebToken.signed(
            by: key, .rs256, header: { header in if let keyID { header.field("kid", keyID) } },
            claims: { claims in
                claims.field("iss", account)
                if let audience { claims.field("aud", audience) } else { claims.field("sub", account) }
                claims.field("scope", scopes.joined(separator: " "))
                claims.field("iat", now.unixSeconds)
                claims.field("exp", now.unixSeconds + Self.lifetime)
            })
    }
}
