internal import TabardCore
internal import TabardJSON
internal import TabardPluginKit

/// A service account that another identity may act as: the IAM Credentials API makes its tokens
/// (projects.serviceAccounts.generateAccessToken), directly or through a chain of delegates.
struct ImpersonatedAccount: TokenSource {
    let account: String
    private let source: any TokenSource
    private let url: WebURL
    private let delegates: [String]
    private let lifetime: Int64
    private let service: TokenService

    /// Reads a file whose `type` is `impersonated_service_account`.
    init(_ file: JSONNode, reading: CredentialsReader) throws(Failure) {
        let source = try file.requireObject("source_credentials")
        try self.init(
            url: try file.require("service_account_impersonation_url"),
            delegates: try file.optional("delegates")?.asStrings() ?? [], lifetime: 3600,
            source: try reading.nested.source(source), reading: reading)
    }

    /// - Parameter lifetime: In seconds; more than an hour needs an exception in the organisation's policy.
    init(
        url node: JSONNode, delegates: [String], lifetime: Int64, source: any TokenSource, reading: CredentialsReader
    ) throws(Failure) {
        url = try reading.endpoints.url(node, of: "iamcredentials")
        guard (600...43_200).contains(lifetime) else {
            throw node.failure("the lifetime of its tokens is not between 600 and 43200 seconds", advice: "correct token_lifetime_seconds")
        }
        // …/serviceAccounts/NAME:generateAccessToken
        let last = url.path.split(separator: "/").last ?? ""
        guard last.hasSuffix(":generateAccessToken"), url.query == nil else {
            throw node.failure("it does not end with /serviceAccounts/ACCOUNT:generateAccessToken", advice: "download the file again")
        }
        account = PercentEncoding.decode(String(last.dropLast(":generateAccessToken".utf8.count))) ?? String(last)
        self.delegates = delegates
        self.lifetime = lifetime
        self.source = source
        service = reading.service
    }

    /// The account `email`, for whoever has `source`.
    init(email: String, source: any TokenSource, endpoint: WebURL, service: TokenService) throws(Failure) {
        account = email
        let path = "v1/projects/-/serviceAccounts/\(PercentEncoding.encode(email, keeping: "@")):generateAccessToken"
        url = try WebURL("\(endpoint.origin)/\(path)")
        delegates = []
        lifetime = 3600
        self.source = source
        self.service = service
    }

    func accessToken(scopes: [String]?, call: PluginCall) throws(Failure) -> AccessToken {
        let token = try source.accessToken(scopes: [AccessScope.iam], call: call)
        var body = JSONWriter()
        body.object { json in
            json.field("delegates", delegates)
            json.field("scope", scopes ?? [AccessScope.readOnly])
            json.field("lifetime", "\(lifetime)s")
        }
        var request = PluginHTTPRequest("POST", url.description, maximumBody: 64 << 10)
        request.headers = [
            ("Content-Type", "application/json"), ("Accept", "application/json"),
            ("Authorization", .secret(.bearerAuthorization(token.value))),
        ]
        request.body = body.finish()
        let chain = delegates.isEmpty ? "" : ", through \(delegates.count) delegates"
        let role =
            "grant roles/iam.serviceAccountTokenCreator (iam.serviceAccounts.getAccessToken) on \(account) to \(source.account)\(chain)"
        let step = TokenService.Step(
            attempting: "making an access token as \(source.account)", account: account,
            advice: [
                "": role, "NOT_FOUND": "there is no such account: correct service_account_impersonation_url",
                "UNAUTHENTICATED": "the token of the source was not accepted: check \(source.account)",
                "INVALID_ARGUMENT": "check the scopes, and the organisation's policy on lifetimes over an hour",
            ])
        return try service.send(request, step: step, call: call) { (response) throws(Failure) in
            let now = call.unixTime
            let place = JSONSource(url.redacted, attempting: "reading an access token", code: .badResponse)
            let answer = try JSONDocument(reading: response.body, from: place).root.asObject()
            let value = try AccessToken.checked(try answer.require("accessToken"))
            let time = try answer.require("expireTime")
            guard let moment = UTCTime(rfc3339: try time.asString()) else {
                throw time.failure("it is not a time of RFC 3339", advice: "check what answers at this address")
            }
            // Counted from the answer's own date, so that a wrong clock here does not matter.
            let left = response.remaining(until: moment, now: now)
            guard left > .zero else { throw time.failure("the token is expired already", advice: "set the clock (timedatectl)") }
            return AccessToken(value: value, expires: now.adding(left), now: now)
        }
    }
}
