import TabardCore
import TabardJSON
import TabardPluginKit
import TabardSigning
import TabardSystem

/// A login of AWS IAM Identity Center that `aws sso login` left and that is still good ("AWS SDKs and Tools Reference Guide, IAM Identity
/// Center credential provider"). It is never renewed here: that needs a person in the end.
struct SingleSignOn {
    private let profile: String
    private let account: String
    private let role: String
    private let endpoint: AWSEndpoint
    private let file: String
    private let environment: AWSEnvironment

    /// Reads a profile's settings; nil when it has none of single sign-on.
    init?(profile: AWSProfile, in profiles: AWSProfiles, environment: AWSEnvironment) throws(Failure) {
        let keys = ["sso_session", "sso_start_url", "sso_account_id", "sso_role_name"]
        guard keys.contains(where: { profile.text($0) != nil }) else { return nil }
        func missing(_ what: String) -> Failure {
            Failure(
                .invalid, attempting: "reading AWS profiles", on: "profile \(profile.name)", reason: "it has single sign-on but no \(what)",
                advice: "run: aws configure sso")
        }
        let session = profile.text("sso_session")
        let settings = session.flatMap { profiles.others["sso-session \($0)"] } ?? profile
        guard let start = settings.text("sso_start_url") else {
            throw missing(session.map { "sso_start_url in a section [sso-session \($0.prefix(80))]" } ?? "sso_start_url")
        }
        guard let region = settings.text("sso_region") else { throw missing("sso_region") }
        guard let account = profile.text("sso_account_id") else { throw missing("sso_account_id") }
        guard let role = profile.text("sso_role_name") else { throw missing("sso_role_name") }
        guard let home = environment.text("HOME") else { throw missing("HOME in the environment to look for the login in") }
        endpoint = try AWSEndpoint(
            .sso, region: try AWSRegion.checked(region, from: "sso_region of profile \(profile.name)"), following: nil, override: nil,
            environment: environment)
        file = "\(home)/.aws/sso/cache/\(SHA1FileName.of(session ?? start)).json"
        self.profile = profile.name
        self.account = account
        self.role = role
        self.environment = environment
    }

    /// The role's credentials, by the login.
    func credentials(retries: AWSRetries, call: PluginCall) throws(Failure) -> AWSCredentials {
        let token = try login(now: call.unixTime)
        let url =
            "\(endpoint.url.origin)/federation/credentials?account_id=\(PercentEncoding.encode(account))"
            + "&role_name=\(PercentEncoding.encode(role))"
        return try retries.run(call) { () throws(Failure) in
            let response = try call.http(
                PluginHTTPRequest(
                    "GET", url, headers: [("Accept", "application/json"), ("x-amz-sso_bearer_token", .secret(token))],
                    timeout: .seconds(10),
                    maximumBody: 64 << 10))
            guard response.status == 200 else {
                let isTransient = response.status >= 500 || response.status == 429
                throw Failure(
                    isTransient ? .unavailable : .denied, attempting: "asking the single sign-on portal for credentials",
                    on: endpoint.url.authority,
                    reason: AWSErrorBody(response.body).message.map { "it refused: \($0)" } ?? "it refused",
                    advice: isTransient
                        ? ""
                        : "run: aws sso login --profile \(profile); then check that role \(role) of account \(account) is assigned to you",
                    httpStatus: response.status, retryAfter: response.retryAfter(now: call.unixTime))
            }
            return try Self.credentials(in: response.body, from: endpoint.url.authority)
        }
    }

    /// Reads the portal's answer.
    static func credentials(in body: Secret, from subject: String) throws(Failure) -> AWSCredentials {
        let root = try? JSONDocument(parsing: body).root
        guard let found = root?["roleCredentials"], let keyID = found["accessKeyId"]?.string, !keyID.isEmpty,
            let secret = found["secretAccessKey"]?.secret, !secret.isEmpty, let token = found["sessionToken"]?.secret, !token.isEmpty
        else {
            throw Failure(
                .badResponse, attempting: "reading an answer of the single sign-on portal", on: subject,
                reason: "it holds no complete credentials")
        }
        // Milliseconds since 1970; what no calendar knows is left out.
        let expires = found["expiration"]?.int64.flatMap { (0..<9_000_000_000_000).contains($0) ? $0 : nil }
        return AWSCredentials(
            accessKeyID: keyID, secretAccessKey: secret, sessionToken: token,
            expires: expires.map { UTCTime(unixNanoseconds: $0 * 1_000_000) })
    }

    private func login(now: UTCTime) throws(Failure) -> Secret {
        func failure(_ reason: String) -> Failure {
            Failure(
                .denied, attempting: "reading the single sign-on login of profile \(profile)", on: file, reason: reason,
                advice: "run: aws sso login --profile \(profile); on a node, use an instance role instead")
        }
        let content: Secret
        do {
            content = try environment.file(file)
        } catch {
            throw failure(error.isNotFound ? "nobody has logged in here" : error.meaning)
        }
        guard let root = try? JSONDocument(parsing: content).root, let token = root["accessToken"]?.secret, !token.isEmpty else {
            throw failure("the file holds no accessToken")
        }
        guard let expires = root["expiresAt"]?.string.flatMap({ UTCTime(rfc3339: $0) }) else { throw failure("the file has no expiresAt") }
        guard expires > now else { throw failure("the login ended at \(expires.rfc3339)") }
        return try AWSEnvironment.token(token, from: file)
    }
}
