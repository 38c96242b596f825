import TabardCore
import TabardPluginKit
import TabardSigning

/// The role of the EC2 instance, from its metadata service, version 2 ("EC2 User Guide, Use IMDSv2"); version 1 where it is allowed.
struct InstanceMetadataSource: AWSCredentialSource {
    let environment: AWSEnvironment
    let retries: AWSRetries
    /// Whether to go on without a session token where the service gives none. Version 1 gives the role to whoever can make any program of
    /// this machine fetch a URL, so this is the operator's decision.
    let allowsV1: Bool

    let place = "EC2 instance metadata"

    private static let rolePath = "/latest/meta-data/iam/security-credentials/"

    func credentials(region: String, call: PluginCall) throws(Failure) -> AWSCredentials? {
        if try environment.flag("AWS_EC2_METADATA_DISABLED") == true { return nil }
        let base = try endpoint()
        var token = try sessionToken(base, call)
        var list = try get(base, Self.rolePath, token, call)
        if list.status == 401, token != nil {
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
        // The characters of IAM's names ("IAM User Guide, IAM and AWS STS quotas"): anything else is no role, and not to be repeated in messages.
        guard !role.isEmpty, role.utf8.count <= 128, role.allSatisfy({ $0.isLetter || $0.isNumber || "+=,.@_-".contains($0) }) else {
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
        var (fixed, place) = (environment.text("AWS_EC2_METADATA_SERVICE_ENDPOINT"), "AWS_EC2_METADATA_SERVICE_ENDPOINT")
        var (mode, modePlace) = (environment.text("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"), "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")
        if fixed == nil, let profile = try AWSProfiles(environment: environment).chosen {
            (fixed, place) = (profile.text("ec2_metadata_service_endpoint"), "ec2_metadata_service_endpoint of AWS profile \(profile.name)")
            if mode == nil, let text = profile.text("ec2_metadata_service_endpoint_mode") {
                (mode, modePlace) = (text, "ec2_metadata_service_endpoint_mode of AWS profile \(profile.name)")
            }
        }
        if let fixed {
            do {
                let url = try WebURL(fixed)
                return url.origin + (url.path == "/" ? "" : url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path)
            } catch {
                throw Failure(
                    .invalid, attempting: "choosing the instance metadata endpoint", on: place, reason: error.reason,
                    advice: "write it as http://host or http://host:port")
            }
        }
        switch mode?.lowercased() {
        case nil, "ipv4": return "http://169.254.169.254"
        case "ipv6": return "http://[fd00:ec2::254]"
        default:
            throw Failure(
                .invalid, attempting: "choosing the instance metadata endpoint", on: modePlace,
                reason: "\"\((mode ?? "").prefix(40))\" is neither IPv4 nor IPv6", advice: "set it to IPv4 or IPv6, or unset it")
        }
    }

    /// The token that every further request carries, or nil when version 1 must do. On a machine that is not Amazon's nothing is tried again
    /// and the answer is there within a second.
    private func sessionToken(_ base: String, _ call: PluginCall) throws(Failure) -> Secret? {
        do {
            return try sessionToken2(base, call)
        } catch {
            let isRefusal = [403, 404, 405].contains(error.httpStatus) || error.code == .notFound && error.reason.hasPrefix(Self.silence)
            guard isRefusal, allowsV1, try environment.flag("AWS_EC2_METADATA_V1_DISABLED") != true else { throw error }
            call.log(.warning, "instance metadata gives no session token, so version 1 is asked: \(error.reason)")
            return nil
        }
    }

    private static let silence = "no answer within"

    private func sessionToken2(_ base: String, _ call: PluginCall) throws(Failure) -> Secret {
        let attempt = "asking instance metadata for a session token"
        let isAmazons = retries.machine.isAmazons
        let timeout = Duration.milliseconds(isAmazons ? 2000 : 900)
        var silences = 0
        let response = try retries.run(call) { () throws(Failure) in
            let response: PluginHTTPResponse
            do throws(Failure) {
                response = try call.http(
                    PluginHTTPRequest(
                        "PUT", base + "/latest/api/token", headers: [("X-aws-ec2-metadata-token-ttl-seconds", "21600")],
                        timeout: timeout, maximumBody: 4096, isMetadata: true))
            } catch {
                guard error.isTransient, !call.isCancelled else { throw error }
                if error.code == .timedOut {
                    silences += 1
                    if isAmazons, silences < 2 { throw error }
                    throw Failure(
                        .notFound, attempting: attempt, on: base, reason: "\(Self.silence) \(GoDuration.format(timeout))",
                        advice: "in a container on EC2, raise the instance's HttpPutResponseHopLimit to 2")
                }
                // What is there is only not up yet; elsewhere no connection means that this is no EC2 instance.
                if isAmazons { throw error }
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

    private func get(_ base: String, _ path: String, _ token: Secret?, _ call: PluginCall) throws(Failure) -> PluginHTTPResponse {
        try retries.run(call) { () throws(Failure) in
            let response = try call.http(
                PluginHTTPRequest(
                    "GET", base + path, headers: token.map { [("X-aws-ec2-metadata-token", .secret($0))] } ?? [], timeout: .seconds(2),
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
