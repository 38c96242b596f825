import TabardCore
import TabardPluginKit
import TabardSigning

/// One call of an AWS service: a POST of a small body.
struct AWSRequest: Sendable {
    /// Where to.
    let endpoint: AWSEndpoint
    /// What an operator knows the call by, as IAM names it: `ecr:GetAuthorizationToken`.
    let permission: String
    /// What else the identity must be allowed to do.
    let furtherPermission: String?
    /// What to do when AWS denies the call, when that is not a permission of the caller.
    let advice: String?
    /// Fields beside Host and those of the signature.
    let headers: [(name: String, value: String)]
    /// The body.
    let body: Secret

    /// Makes a request; see the fields.
    init(
        endpoint: AWSEndpoint, permission: String, furtherPermission: String? = nil, advice: String? = nil,
        headers: [(name: String, value: String)], body: Secret
    ) {
        self.endpoint = endpoint
        self.permission = permission
        self.furtherPermission = furtherPermission
        self.advice = advice
        self.headers = headers
        self.body = body
    }

    /// What is being done, for messages.
    var attempt: String { "calling \(permission)" }
    /// On what, for messages.
    var subject: String { "\(endpoint.url.authority), region \(endpoint.region)" }

    /// The exchange to perform, signed as of `time` when there are credentials.
    func exchange(credentials: AWSCredentials?, at time: UTCTime, keys: inout SigV4KeyCache) -> PluginHTTPRequest {
        let url = endpoint.url
        var fields = headers.map { (name: $0.name, value: FieldValue.text($0.value)) }
        if let credentials {
            let signer = SigV4Signer(region: endpoint.region, service: endpoint.service.signingName)
            let request = SigV4Request(
                method: "POST", host: url.authority, path: url.path, headers: headers.map { ($0.name, .text($0.value)) },
                payload: .bytes(body))
            for field in signer.headers(for: request, credentials: credentials, at: time, keys: &keys) {
                switch field.value {
                case .text(let text): fields.append((field.name, .text(text)))
                case .secret(let secret): fields.append((field.name, .secret(secret)))
                }
            }
        }
        return PluginHTTPRequest("POST", url.description, headers: fields, body: body, timeout: .seconds(10), maximumBody: 64 << 10)
    }
}
