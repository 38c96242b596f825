import TabardCore
import TabardPluginKit
import TabardSigning
import TabardSystem
import TabardTestSupport

@testable import TabardECR

/// AWS as the oracle `aws_chain.py` plays it too: access keys say how they came about, so that a chain of roles can be read from its end.
struct ChainWorld: Sendable {
    let environment: [String: String]
    let files: [String: String]
    let hasMetadata: Bool
    static let region = "us-east-1"

    /// The access key id that the chain ends with, or the words of the failure.
    func key() -> Result<String, Failure> {
        let (files, variables) = (files, environment)
        let environment = AWSEnvironment(
            file: { (path) throws(SystemError) in
                guard let text = files[path] else { throw SystemError("open", on: path, number: 2) }
                return Secret(text)
            }, value: { variables[$0] })
        let retries = AWSRetries(
            budget: RetryBudget(attempts: 1, random: { 0 }), machine: AWSMachine(environment: environment, setting: false))
        let chain = AWSCredentialChain(environment: environment, client: AWSClient(retries: retries), retries: retries)
        let hasMetadata = hasMetadata
        let host = FakePluginHost(unixTime: ECRProviderTests.now) { (request) throws(Failure) in
            try Self.answer(request, hasMetadata: hasMetadata)
        }
        do throws(Failure) {
            return .success(try chain.credentials(region: Self.region, call: host.call).credentials.accessKeyID)
        } catch {
            return .failure(error)
        }
    }

    private static func answer(_ request: PluginHTTPRequest, hasMetadata: Bool) throws(Failure) -> PluginHTTPResponse {
        let url = try WebURL(request.url)
        if url.path.contains("/latest/") {
            guard hasMetadata else { throw Failure(.unavailable, attempting: "connecting", reason: "refused") }
            if request.method == "PUT" { return PluginHTTPResponse(status: 200, body: Secret("TOKEN")) }
            if url.path.hasSuffix("/") { return PluginHTTPResponse(status: 200, body: Secret("noderole")) }
            return keys("IMDS-\(plain(url.host))")
        }
        if url.path == "/federation/credentials" {
            let query = form(url.query ?? "")
            let parts = [url.host, query["account_id"] ?? "", query["role_name"] ?? "", text(request, "x-amz-sso_bearer_token")].map(plain)
            let key = "SSO-\(parts.joined(separator: "-"))"
            return PluginHTTPResponse(
                status: 200,
                body: Secret(
                    #"{"roleCredentials":{"accessKeyId":"\#(key)","secretAccessKey":"s","sessionToken":"t","expiration":3471292800000}}"#))
        }
        guard request.method == "POST" else { return keys("C-\(plain(request.url))-\(plain(text(request, "Authorization")))") }
        let fields = form(request.body?.withBytes { String(decoding: $0, as: UTF8.self) } ?? "")
        let place = "\(plain(url.authority))-\(plain(fields["RoleArn"] ?? ""))"
        var key = "W-\(place)-\(plain(fields["WebIdentityToken"] ?? ""))"
        if fields["Action"] == "AssumeRole" {
            let base = text(request, "Authorization").split(separator: "Credential=").last?.split(separator: "/").first ?? ""
            key = "R-\(place)-\(plain(fields["ExternalId"] ?? ""))-\(fields["DurationSeconds"] ?? "")-\(base)"
        }
        return PluginHTTPResponse(
            status: 200,
            body: Secret(
                "<A><B><Credentials><AccessKeyId>\(key)</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
                    + "<Expiration>2080-01-01T00:00:00Z</Expiration></Credentials></B></A>"))
    }

    private static func keys(_ name: String) -> PluginHTTPResponse {
        PluginHTTPResponse(
            status: 200,
            body: Secret(
                #"{"Code":"Success","AccessKeyId":"\#(name)","SecretAccessKey":"s","Token":"t","Expiration":"2080-01-01T00:00:00Z"}"#))
    }

    /// What is no ASCII letter or digit as `_`, once for each character.
    private static func plain(_ text: String) -> String {
        String(
            text.unicodeScalars.map { $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil) ? Character($0) : "_" }
        )
    }

    private static func text(_ request: PluginHTTPRequest, _ name: String) -> String {
        for field in request.headers where field.name.lowercased() == name.lowercased() {
            switch field.value {
            case .text(let text): return text
            case .secret(let secret): return secret.withBytes { String(decoding: $0, as: UTF8.self) }
            }
        }
        return ""
    }

    private static func form(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { decoded(String($0)) }
            if parts.count == 2 { fields[parts[0]] = parts[1] }
        }
        return fields
    }

    private static func decoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == 0x2B ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
