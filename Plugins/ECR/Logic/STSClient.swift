import TabardCore
import TabardPluginKit
import TabardSigning

/// AWS Security Token Service: temporary credentials of a role ("STS API Reference", version 2011-06-15).
struct STSClient: Sendable {
    let environment: AWSEnvironment
    let client: AWSClient

    /// Proves with an OpenID Connect token that the caller may take `role` (AssumeRoleWithWebIdentity). The call is not signed.
    ///
    /// - Parameter region: Where to ask; a role is the same in all regions of its partition.
    func assumeRole(
        _ role: String, sessionName: String, token: Secret, region: String, call: PluginCall
    ) throws(Failure) -> AWSCredentials {
        let request = try request(
            "AssumeRoleWithWebIdentity", role: role, sessionName: sessionName, region: region,
            fields: [("WebIdentityToken", .secret(token))],
            advice: "check that the trust policy of \(role) names this cluster's identity provider, its audience sts.amazonaws.com and this"
                + " service account, and that the token is fresh")
        return try Self.credentials(
            in: try client.send(request, credentials: nil, call: call).body, from: request.subject)
    }

    /// Takes `role` with credentials that may (AssumeRole).
    ///
    /// - Parameters:
    ///   - externalID: What the role's owner asks for, if anything.
    ///   - seconds: How long the result should last; nil is the role's own default.
    func assumeRole(
        _ role: String, sessionName: String, externalID: String?, seconds: String?, with credentials: AWSCredentials, region: String,
        call: PluginCall
    ) throws(Failure) -> AWSCredentials {
        var fields: [(name: String, value: FieldValue)] = []
        if let externalID { fields.append(("ExternalId", .text(externalID))) }
        if let seconds { fields.append(("DurationSeconds", .text(seconds))) }
        let request = try request(
            "AssumeRole", role: role, sessionName: sessionName, region: region, fields: fields,
            advice: "allow sts:AssumeRole on \(role) to this identity, and this identity in the role's trust policy")
        return try Self.credentials(
            in: try client.send(request, credentials: credentials, call: call).body, from: request.subject)
    }

    private func request(
        _ action: String, role: String, sessionName: String, region: String, fields: [(name: String, value: FieldValue)], advice: String
    ) throws(Failure) -> AWSRequest {
        guard role.hasPrefix("arn:"), role.utf8.count <= 2048, role.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Failure(
                .invalid, attempting: "assuming a role", on: String(role.prefix(120)), reason: "this is not the ARN of a role",
                advice: "write it as arn:aws:iam::123456789012:role/NAME")
        }
        let endpoint = try AWSEndpoint(.sts, region: region, following: nil, override: nil, environment: environment)
        return AWSRequest(
            endpoint: endpoint, permission: "sts:\(action)", advice: advice, headers: [("Content-Type", FormBody.contentType)],
            body: FormBody.encode(
                [
                    ("Action", .text(action)), ("Version", .text("2011-06-15")), ("RoleArn", .text(role)),
                    ("RoleSessionName", .text(sessionName)),
                ] + fields))
    }

    /// The credentials in an answer.
    static func credentials(in body: Secret, from subject: String) throws(Failure) -> AWSCredentials {
        let root = try XMLElement(parsing: body)
        guard let element = root.first("Credentials"), let keyID = element.first("AccessKeyId")?.string, !keyID.isEmpty,
            let secret = element.first("SecretAccessKey")?.text, !secret.isEmpty,
            let token = element.first("SessionToken")?.text, !token.isEmpty
        else {
            throw Failure(.badResponse, attempting: "reading an answer of STS", on: subject, reason: "it holds no complete credentials")
        }
        return AWSCredentials(
            accessKeyID: keyID, secretAccessKey: secret, sessionToken: token,
            expires: element.first("Expiration")?.string.flatMap { UTCTime(rfc3339: $0) })
    }
}
