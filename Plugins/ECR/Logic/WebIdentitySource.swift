import TabardCore
import TabardPluginKit
import TabardSigning

/// A role for a process that holds an OpenID Connect token in a file, as EKS sets it up ("IAM roles for service accounts").
struct WebIdentitySource: AWSCredentialSource {
    let environment: AWSEnvironment
    let service: STSClient

    let place = "web identity (AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN)"

    func credentials(region: String, call: PluginCall) throws(Failure) -> AWSCredentials? {
        guard let path = environment.text("AWS_WEB_IDENTITY_TOKEN_FILE") else { return nil }
        guard let role = environment.text("AWS_ROLE_ARN") else {
            throw Failure(
                .invalid, attempting: "reading AWS credentials", on: "environment",
                reason: "AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not", advice: "set AWS_ROLE_ARN too, or unset the other")
        }
        let token = try environment.token(in: path, namedBy: "AWS_WEB_IDENTITY_TOKEN_FILE")
        let session = environment.text("AWS_ROLE_SESSION_NAME") ?? "tabard-\(call.unixTime.unixSeconds)"
        // The process's own region where one is named: the registry's may be in another partition than the role.
        let own: String?
        if let named = try environment.region() { own = named } else { own = try AWSProfiles(environment: environment).region() }
        return try service.assumeRole(role, sessionName: session, token: token, region: own ?? region, call: call)
    }
}
