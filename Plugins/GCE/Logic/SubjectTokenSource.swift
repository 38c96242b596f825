internal import TabardCore
internal import TabardJSON
internal import TabardPluginKit

/// Where the token of the other identity provider comes from.
protocol SubjectTokenSource: Sendable {
    /// `the subject token in /var/run/token`.
    var name: String { get }

    /// The token, as it is sent to the token exchange.
    func token(call: PluginCall) throws(Failure) -> Secret
}

/// What sources tell programs and services about the exchange that they are for.
struct SubjectTokenDetails: Sendable {
    let audience: String
    let type: String
    /// Of the account that is impersonated after the exchange.
    let email: String?
    /// The credentials file.
    let place: String
}

/// A token that is at hand.
struct GivenSubjectToken: SubjectTokenSource {
    let name: String
    let value: Secret

    func token(call: PluginCall) -> Secret { value }
}

/// A token in a file, which something else keeps fresh.
struct FileSubjectToken: SubjectTokenSource {
    let path: String
    let format: SubjectTokenFormat
    let surroundings: Surroundings

    var name: String { "the subject token in \(path)" }

    func token(call: PluginCall) throws(Failure) -> Secret {
        guard let bytes = try surroundings.file(path) else {
            throw Failure(
                .notFound, attempting: "reading the subject token", on: path, reason: "there is no such file",
                advice: "check the mount of the projected token, or credential_source in the credentials file")
        }
        return try format.token(in: bytes, from: path, code: .invalid)
    }
}

/// A token that a local service gives.
struct URLSubjectToken: SubjectTokenSource {
    private let url: WebURL
    private let headers: [(name: String, value: FieldValue)]
    private let format: SubjectTokenFormat
    private let service: TokenService

    var name: String { "the subject token of \(url.redacted)" }

    init(_ node: JSONNode, service: TokenService) throws(Failure) {
        let address = try node.require("url")
        guard let url = try? WebURL(try address.asString()) else { throw address.failure("it is not an http or https URL") }
        self.url = url
        headers = try (try node.optionalObject("headers")?.members ?? []).map { (member) throws(Failure) in
            (member.key, .secret(try member.value.asSecret()))
        }
        format = try SubjectTokenFormat(try node.optionalObject("format"))
        self.service = service
    }

    func token(call: PluginCall) throws(Failure) -> Secret {
        let request = PluginHTTPRequest(
            "GET", url.description, headers: headers, maximumBody: 64 << 10, isMetadata: url.isLoopback || url.isLinkLocal)
        let step = TokenService.Step(
            attempting: "getting a subject token", account: url.redacted, advice: ["": "check url and headers of credential_source"])
        return try service.send(request, step: step, call: call) { (response) throws(Failure) in
            try format.token(in: response.body, from: url.redacted, code: .badResponse)
        }
    }
}

/// How a token stands in a file or answer.
struct SubjectTokenFormat: Sendable {
    /// The member that holds it; nil for the token alone.
    private let member: String?

    /// Reads `format` of a credential_source.
    init(_ node: JSONNode?) throws(Failure) {
        guard let node, try node.optionalString("type") ?? "text" != "text" else {
            member = nil
            return
        }
        let type = try node.require("type")
        guard try type.asString() == "json" else { throw type.failure("it is neither text nor json") }
        member = try node.requireString("subject_token_field_name")
    }

    /// The token in `bytes`, which no message quotes.
    func token(in bytes: Secret, from place: String, code: Failure.Code) throws(Failure) -> Secret {
        var token = bytes
        if let member {
            let source = JSONSource(place, attempting: "reading the subject token", code: code)
            token = try JSONDocument(reading: bytes, from: source).root.asObject().requireSecret(member)
        }
        let trimmed = token.withBytes { bytes in
            let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
            let start = bytes.firstIndex { !isSpace($0) } ?? bytes.endIndex
            let end = bytes.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start
            return Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        }
        guard !trimmed.isEmpty else {
            throw Failure(code, attempting: "reading the subject token", on: place, reason: "it is empty", advice: "check what writes it")
        }
        return trimmed
    }
}

extension WebURL {
    /// Whether it can only be a service of this machine's cloud, which no proxy may see.
    var isLinkLocal: Bool { host.hasPrefix("169.254.") || host.lowercased().hasPrefix("[fe80:") || host == "[fd00:ec2::254]" }
}
