internal import TabardCore
internal import TabardJSON
internal import TabardPluginKit
internal import TabardSigning

/// Workload identity federation: a token of somebody else's identity provider is exchanged for one of Google's (RFC 8693;
/// https://google.aip.dev/auth/4117).
struct ExternalAccount: TokenSource {
    let account: String
    private let audience: String
    private let subjectTokenType: String
    private let endpoint: WebURL
    private let client: Secret?
    private let userProject: String?
    private let subject: any SubjectTokenSource
    private let service: TokenService

    /// Reads a file whose `type` is `external_account`: the exchange, and the impersonation after it where the file asks for one.
    static func source(_ file: JSONNode, reading: CredentialsReader) throws(Failure) -> any TokenSource {
        let exchange = try Self(file, reading: reading)
        guard let url = try file.optional("service_account_impersonation_url") else { return exchange }
        let lifetime = try file.optionalObject("service_account_impersonation")?.optionalInt64("token_lifetime_seconds") ?? 3600
        return try ImpersonatedAccount(url: url, delegates: [], lifetime: lifetime, source: exchange, reading: reading)
    }

    private init(_ file: JSONNode, reading: CredentialsReader) throws(Failure) {
        audience = try file.requireString("audience")
        subjectTokenType = try file.requireString("subject_token_type")
        endpoint = try reading.endpoints.url(try file.require("token_url"), of: "sts")
        account = "the principal of \(audience.prefix(300))"
        if let name = try file.optionalString("client_id") {
            client = .basicAuthorization(name, try file.optionalSecret("client_secret") ?? Secret(""))
        } else {
            client = nil
        }
        userProject = try file.optionalString("workforce_pool_user_project")
        service = reading.service
        let details = SubjectTokenDetails(
            audience: audience, type: subjectTokenType,
            email: try file.optionalString("service_account_impersonation_url").flatMap(Self.email), place: reading.place)
        subject = try Self.subject(try file.requireObject("credential_source"), details, reading)
    }

    /// The exchange of one token that is at hand.
    init(
        audience: String, subjectTokenType: String, endpoint: WebURL, subject: any SubjectTokenSource, service: TokenService
    ) {
        self.audience = audience
        self.subjectTokenType = subjectTokenType
        self.endpoint = endpoint
        self.subject = subject
        self.service = service
        account = "the principal of \(audience)"
        client = nil
        userProject = nil
    }

    private static func subject(
        _ node: JSONNode, _ details: SubjectTokenDetails, _ reading: CredentialsReader
    ) throws(Failure) -> any SubjectTokenSource {
        let kinds = ["file", "url", "executable", "environment_id", "certificate"].filter { node[$0] != nil }
        // AWS has a url as well.
        if kinds.contains("environment_id") {
            return try AWSSubjectToken(node, details, surroundings: reading.surroundings, service: reading.service)
        }
        guard kinds.count == 1 else { throw node.failure("it names not exactly one of file, url, executable and environment_id") }
        switch kinds[0] {
        case "file":
            return FileSubjectToken(
                path: try node.requireString("file"), format: try SubjectTokenFormat(try node.optionalObject("format")),
                surroundings: reading.surroundings)
        case "url": return try URLSubjectToken(node, service: reading.service)
        case "executable": return try ProgramSubjectToken(try node.requireObject("executable"), details, surroundings: reading.surroundings)
        default:
            throw node.failure(
                "certificates are not supported as the source of a subject token", advice: "use a file, URL, AWS or executable source")
        }
    }

    private static func email(_ url: String) -> String? {
        url.split(separator: "/").last.flatMap { $0.split(separator: ":").first.map(String.init) }
    }

    func accessToken(scopes: [String]?, call: PluginCall) throws(Failure) -> AccessToken {
        var form: [(name: String, value: FieldValue)] = [
            ("grant_type", .text("urn:ietf:params:oauth:grant-type:token-exchange")), ("audience", .text(audience)),
            ("scope", .text((scopes ?? [AccessScope.cloudPlatform]).joined(separator: " "))),
            ("requested_token_type", .text("urn:ietf:params:oauth:token-type:access_token")),
            ("subject_token", .secret(try subject.token(call: call))), ("subject_token_type", .text(subjectTokenType)),
        ]
        if let userProject, client == nil {
            var options = JSONWriter()
            options.object { $0.field("userProject", userProject) }
            let text = String(decoding: options.finishBytes(), as: UTF8.self)
            form.append(("options", .text(PercentEncoding.encode(text))))
        }
        let step = TokenService.Step(
            attempting: "exchanging \(subject.name)", account: account,
            advice: [
                "invalid_grant":
                    "check that the pool's provider accepts this token: issuer, audience, attribute mapping and condition, and its age",
                "invalid_target":
                    "correct the audience: //iam.googleapis.com/projects/N/locations/global/workloadIdentityPools/POOL/providers/NAME",
                "": "check the audience and the provider (gcloud iam workload-identity-pools providers describe)",
            ])
        return try service.token(from: endpoint, form: form, authorization: client, step: step, call: call)
    }
}
