internal import TabardCore
internal import TabardJSON
internal import TabardPluginKit
internal import TabardSigning

/// AWS's word for who this machine is: a request for GetCallerIdentity that is signed but not sent; Google sends it
/// (https://google.aip.dev/auth/4117, "AWS credentials").
struct AWSSubjectToken: SubjectTokenSource {
    private let regionURL: WebURL?
    private let roleURL: WebURL?
    private let sessionURL: WebURL?
    private let verification: String
    private let details: SubjectTokenDetails
    private let surroundings: Surroundings
    private let service: TokenService

    var name: String { "a signed request for AWS's GetCallerIdentity" }

    init(_ node: JSONNode, _ details: SubjectTokenDetails, surroundings: Surroundings, service: TokenService) throws(Failure) {
        let environment = try node.require("environment_id")
        guard try environment.asString() == "aws1" else { throw environment.failure("only aws1 is known", advice: "use a newer version") }
        regionURL = try Self.local(try node.optional("region_url"))
        roleURL = try Self.local(try node.optional("url"))
        sessionURL = try Self.local(try node.optional("imdsv2_session_token_url"))
        let address = try node.require("regional_cred_verification_url")
        verification = try address.asString()
        let example = try? WebURL(verification.replacing(text: "{region}", with: "us-east-1"))
        guard let example, example.scheme == .https, Self.isSTS(example.host), example.query?.contains("%") != true else {
            throw address.failure("it is no https address of sts.REGION.amazonaws.com", advice: "download the credentials file again")
        }
        self.details = details
        self.surroundings = surroundings
        self.service = service
    }

    /// Credentials are read there, so it must be instance metadata.
    private static func local(_ node: JSONNode?) throws(Failure) -> WebURL? {
        guard let node else { return nil }
        guard let url = try? WebURL(try node.asString()), url.isLoopback || url.isLinkLocal else {
            throw node.failure("it is no address of EC2's instance metadata", advice: "download the credentials file again")
        }
        return url
    }

    private static func isSTS(_ host: String) -> Bool {
        host == "sts.amazonaws.com" || host.hasPrefix("sts.") && (host.hasSuffix(".amazonaws.com") || host.hasSuffix(".amazonaws.com.cn"))
    }

    func token(call: PluginCall) throws(Failure) -> Secret {
        var session: Secret?
        if let sessionURL, needsMetadata {
            session = try ask(sessionURL, "PUT", [("X-aws-ec2-metadata-token-ttl-seconds", "300")], call)
        }
        let region = try region(session, call)
        let credentials = try credentials(session, call)
        guard let url = try? WebURL(verification.replacing(text: "{region}", with: region)), Self.isSTS(url.host) else {
            throw failure(.invalid, "\"\(region.prefix(40))\" is no AWS region", advice: "correct AWS_REGION")
        }
        let query = (url.query ?? "").split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : "")
        }
        let target = "x-goog-cloud-target-resource"
        let request = SigV4Request(
            method: "POST", host: url.authority, path: url.path, query: query, headers: [(target, .text(details.audience))], payload: .empty
        )
        var keys = SigV4KeyCache()
        let signed = SigV4Signer(region: region, service: "sts").headers(
            for: request, credentials: credentials, at: call.unixTime, keys: &keys)
        return try serialised(url, [("host", .text(url.authority)), (target, .text(details.audience))] + signed)
    }

    /// The request as Google wants it: JSON, percent-encoded.
    private func serialised(_ url: WebURL, _ headers: [(name: String, value: FieldValue)]) throws(Failure) -> Secret {
        var body = JSONWriter()
        try body.object { (json) throws(Failure) in
            json.field("url", url.description)
            json.field("method", "POST")
            try json.array("headers") { (list) throws(Failure) in
                for header in headers {
                    try list.object { (entry) throws(Failure) in
                        entry.field("key", header.name.lowercased())
                        switch header.value {
                        case .text(let text): entry.field("value", text)
                        case .secret(let secret): try entry.field("value", secret)
                        }
                    }
                }
            }
        }
        var form = SecretBuffer(capacity: 2048)
        body.finish().withBytes { PercentEncoding.appendForm($0, to: &form) }
        // A space is a plus there, which readers of percent-encoding take for a plus.
        var encoded = SecretBuffer(capacity: 2048)
        form.withBytes { bytes in
            for byte in bytes { if byte == UInt8(ascii: "+") { encoded.append("%20") } else { encoded.append(byte) } }
        }
        return encoded.freeze()
    }

    private var needsMetadata: Bool {
        surroundings.variable("AWS_ACCESS_KEY_ID") == nil || surroundings.variable("AWS_SECRET_ACCESS_KEY") == nil
            || surroundings.variable("AWS_REGION") == nil && surroundings.variable("AWS_DEFAULT_REGION") == nil
    }

    private func region(_ session: Secret?, _ call: PluginCall) throws(Failure) -> String {
        if let region = surroundings.variable("AWS_REGION") ?? surroundings.variable("AWS_DEFAULT_REGION") { return region }
        guard let regionURL else { throw failure(.invalid, "there is no AWS region", advice: "set AWS_REGION, or region_url in the file") }
        // A zone is its region with one letter more.
        let zone = try ask(regionURL, "GET", Self.headers(session), call).withBytes { String(decoding: $0.prefix(64), as: UTF8.self) }
        return String(zone.prefix { !$0.isWhitespace }.dropLast())
    }

    private func credentials(_ session: Secret?, _ call: PluginCall) throws(Failure) -> AWSCredentials {
        if let id = surroundings.variable("AWS_ACCESS_KEY_ID"), let key = surroundings.variable("AWS_SECRET_ACCESS_KEY") {
            return AWSCredentials(
                accessKeyID: id, secretAccessKey: Secret(key), sessionToken: surroundings.variable("AWS_SESSION_TOKEN").map { Secret($0) })
        }
        guard let roleURL else {
            throw failure(
                .invalid, "there are no AWS credentials", advice: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or url in the file")
        }
        let role = try ask(roleURL, "GET", Self.headers(session), call).withBytes { String(decoding: $0.prefix(128), as: UTF8.self) }
        let name = PercentEncoding.encode(String(role.prefix { !$0.isWhitespace }))
        guard !name.isEmpty, let place = try? WebURL("\(roleURL.description)/\(name)") else {
            throw failure(.notFound, "this machine has no IAM role", advice: "attach an instance profile")
        }
        let source = JSONSource(place.redacted, attempting: "reading AWS credentials", code: .badResponse)
        let answer = try JSONDocument(reading: try ask(place, "GET", Self.headers(session), call), from: source).root.asObject()
        return AWSCredentials(
            accessKeyID: try answer.requireString("AccessKeyId"), secretAccessKey: try answer.requireSecret("SecretAccessKey"),
            sessionToken: try answer.optionalSecret("Token"))
    }

    private static func headers(_ session: Secret?) -> [(name: String, value: FieldValue)] {
        session.map { [("X-aws-ec2-metadata-token", .secret($0))] } ?? []
    }

    private func ask(
        _ url: WebURL, _ method: String, _ headers: [(name: String, value: FieldValue)], _ call: PluginCall
    ) throws(Failure) -> Secret {
        let request = PluginHTTPRequest(
            method, url.description, headers: headers, timeout: .seconds(2), maximumBody: 64 << 10, isMetadata: true)
        let step = TokenService.Step(
            attempting: "asking EC2's instance metadata", account: details.place, advice: ["": "check the addresses in credential_source"])
        return try service.send(request, step: step, call: call) { $0.body }
    }

    private func failure(_ code: Failure.Code, _ reason: String, advice: String) -> Failure {
        Failure(code, attempting: "signing AWS's GetCallerIdentity", on: details.place, reason: reason, advice: advice)
    }
}
