import TabardCore
import TabardPluginKit
import TabardSigning

/// The endpoint beside a container: ECS task roles and EKS Pod Identity ("AWS SDKs and Tools Reference Guide, container credential provider").
struct ContainerCredentialSource: AWSCredentialSource {
    let environment: AWSEnvironment
    let retries: AWSRetries

    let place = "container endpoint (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI)"

    /// Where a plain endpoint may be: ECS, EKS Pod Identity, and loopback.
    private static let plainHosts: Set<String> = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"]

    func credentials(region: String, call: PluginCall) throws(Failure) -> AWSCredentials? {
        guard let url = try endpoint() else { return nil }
        return try retries.run(call) { () throws(Failure) in
            var request = PluginHTTPRequest(
                "GET", url.description, headers: [("Accept", "application/json")], timeout: .seconds(5), maximumBody: 64 << 10,
                isMetadata: true)
            // Read anew each time: EKS replaces the file before the token in it ends.
            if let token = try authorization() { request.headers.append(("Authorization", .secret(token))) }
            let response = try call.http(request)
            guard response.status == 200 else {
                let error = AWSErrorBody(response.body)
                let isTransient = response.status >= 500 || response.status == 429
                throw Failure(
                    isTransient ? .unavailable : .denied, attempting: "asking the container endpoint for credentials", on: url.redacted,
                    reason: error.code.map { "it answered \($0.prefix(80))\(error.message.map { ": \($0)" } ?? "")" } ?? "it refused",
                    advice: isTransient
                        ? "" : "check the task role or the Pod Identity association, and AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                    httpStatus: response.status, retryAfter: response.retryAfter(now: call.unixTime))
            }
            return try AWSCredentials(json: response.body, from: url.redacted)
        }
    }

    /// The endpoint that is set up, or nil.
    func endpoint() throws(Failure) -> WebURL? {
        if let path = environment.text("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            return try url("http://169.254.170.2\(path.hasPrefix("/") ? "" : "/")\(path)", of: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
        }
        guard let text = environment.text("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        let url = try url(text, of: "AWS_CONTAINER_CREDENTIALS_FULL_URI")
        guard url.scheme == .https || url.isLoopback || Self.plainHosts.contains(url.host) else {
            throw Failure(
                .invalid, attempting: "choosing the container endpoint", on: url.redacted,
                reason: "plain http is allowed only to loopback and to \(Self.plainHosts.sorted().joined(separator: ", "))",
                advice: "use https, or correct AWS_CONTAINER_CREDENTIALS_FULL_URI")
        }
        return url
    }

    private func url(_ text: String, of variable: String) throws(Failure) -> WebURL {
        do {
            return try WebURL(text)
        } catch {
            throw Failure(
                .invalid, attempting: "choosing the container endpoint", on: variable, reason: error.reason,
                advice: "correct or unset \(variable)")
        }
    }

    private func authorization() throws(Failure) -> Secret? {
        if let path = environment.text("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            return try environment.token(in: path, namedBy: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        }
        guard let token = environment.text("AWS_CONTAINER_AUTHORIZATION_TOKEN") else { return nil }
        return try AWSEnvironment.token(Secret(token), from: "AWS_CONTAINER_AUTHORIZATION_TOKEN")
    }
}
