import TabardCore
import TabardPluginKit
import TabardSigning

/// The role of the EC2 instance, from its metadata service, version 2 only ("EC2 User Guide, Use IMDSv2").
struct InstanceMetadataSource: AWSCredentialSource {
    let environment: AWSEnvironment
    let budget: RetryBudget

    let place = "EC2 instance metadata"

    private static let rolePath = "/latest/meta-data/iam/security-credentials/"

    func credentials(region: String, call: PluginCall) throws(Failure) -> AWSCredentials? {
        if try environment.flag("AWS_EC2_METADATA_DISABLED") == true { return nil }
        let base = try endpoint()
        var token = try sessionToken(base, call)
        var list = try get(base, Self.rolePath, token, call)
        if list.status == 401 {
            token = try sessionToken(base, call)
            list = try get(base, Self.rolePath, token, call)
        }
        guard list.status != 404 else {
            throw Failure(
                .notFound, attempting: "asking instance metadata for credentials", on: base, reason: "this instance has no role",
                advice: "attach an instance profile")
        }
        try expect200(list, base)
        let role = list.body.withBytes { bytes in
            String(decoding: bytes.prefix(200).prefix { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
        }
        guard !role.isEmpty, role.utf8.count <= 128 else {
            throw Failure(.badResponse, attempting: "asking instance metadata for credentials", on: base, reason: "it names no role")
        }
        let answer = try get(base, Self.rolePath + PercentEncoding.encode(role), token, call)
        try expect200(answer, base)
        let credentials = try AWSCredentials(json: answer.body, from: "\(base), role \(role)")
        if let expires = credentials.expires, expires <= call.unixTime {
            call.log(
                .warning, "the credentials of role \(role) in instance metadata expired at \(expires.rfc3339); trying them all the same")
        }
        return credentials
    }

    /// The service's origin without a slash at the end.
    func endpoint() throws(Failure) -> String {
        let fixed = environment.text("AWS_EC2_METADATA_SERVICE_ENDPOINT")
        if let fixed {
            do {
                let url = try WebURL(fixed)
                return url.origin + (url.path == "/" ? "" : url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path)
            } catch {
                throw Failure(
                    .invalid, attempting: "choosing the instance metadata endpoint", on: "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                    reason: error.reason, advice: "write it as http://host or http://host:port")
            }
        }
        let mode = environment.text("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE") ?? "IPv4"
        switch mode.lowercased() {
        case "ipv4": return "http://169.254.169.254"
        case "ipv6": return "http://[fd00:ec2::254]"
        default:
            throw Failure(
                .invalid, attempting: "choosing the instance metadata endpoint", on: "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                reason: "\"\(mode.prefix(40))\" is neither IPv4 nor IPv6", advice: "set it to IPv4 or IPv6, or unset it")
        }
    }

    /// The token that every further request carries. No connection means that this is no EC2 instance, so that is not tried again.
    private func sessionToken(_ base: String, _ call: PluginCall) throws(Failure) -> Secret {
        let attempt = "asking instance metadata for a session token"
        let response = try budget.run(call) { (_) throws(Failure) in
            let response: PluginHTTPResponse
            do throws(Failure) {
                response = try call.http(
                    PluginHTTPRequest(
                        "PUT", base + "/latest/api/token", headers: [("X-aws-ec2-metadata-token-ttl-seconds", "21600")],
                        timeout: .seconds(2), maximumBody: 4096, isMetadata: true))
            } catch {
                if error.code == .timedOut && !call.isCancelled {
                    throw Failure(
                        .notFound, attempting: attempt, on: base, reason: "no answer within 2 s",
                        advice: "in a container on EC2, raise the instance's HttpPutResponseHopLimit to 2")
                }
                guard error.code == .unavailable else { throw error }
                throw Failure(.notFound, attempting: attempt, on: base, reason: error.reason)
            }
            try refuseTransient(response, base, call)
            return response
        }
        switch response.status {
        case 200: return try AWSEnvironment.token(response.body, from: "the answer of \(base)")
        case 403:
            throw Failure(
                .denied, attempting: attempt, on: base, reason: "instance metadata is turned off for this instance or process",
                advice: "enable it (HttpEndpoint), or set AWS_EC2_METADATA_DISABLED=true", httpStatus: 403)
        case 404, 405:
            throw Failure(
                .notFound, attempting: attempt, on: base, reason: "what answers there does not speak IMDSv2", httpStatus: response.status)
        default:
            throw Failure(.badResponse, attempting: attempt, on: base, reason: "it refused", httpStatus: response.status)
        }
    }

    private func get(_ base: String, _ path: String, _ token: Secret, _ call: PluginCall) throws(Failure) -> PluginHTTPResponse {
        try budget.run(call) { (_) throws(Failure) in
            let response = try call.http(
                PluginHTTPRequest(
                    "GET", base + path, headers: [("X-aws-ec2-metadata-token", .secret(token))], timeout: .seconds(2),
                    maximumBody: 64 << 10, isMetadata: true))
            try refuseTransient(response, base, call)
            return response
        }
    }

    private func refuseTransient(_ response: PluginHTTPResponse, _ base: String, _ call: PluginCall) throws(Failure) {
        guard response.status >= 500 || response.status == 429 else { return }
        throw Failure(
            .unavailable, attempting: "asking instance metadata", on: base, reason: "it is overloaded or starting",
            httpStatus: response.status, retryAfter: response.retryAfter(now: call.unixTime))
    }

    private func expect200(_ response: PluginHTTPResponse, _ base: String) throws(Failure) {
        guard response.status != 200 else { return }
        throw Failure(
            response.status == 403 ? .denied : .badResponse, attempting: "asking instance metadata for credentials", on: base,
            reason: "it refused", httpStatus: response.status)
    }
}
