import TabardCore
import TabardHTTP
import TabardJSON
import TabardSystem

/// Gets a bearer token for one repository from the server that a challenge named (distribution, "Token Authentication Specification").
struct TokenServer: Sendable {
    /// A token and how long it may be used.
    struct Token: Sendable {
        let value: Secret
        /// On CLOCK_MONOTONIC: counted from the arrival here, so that nobody's wall clock matters.
        let expires: Int64
    }

    let endpoint: RegistryEndpoint
    let http: HTTPClient
    let clocks: any Clocks
    let requests: RequestCounter

    /// Token answers are small; a larger one is refused.
    private static let maximumBody = 1 << 20

    /// Asks for a token that may pull `repository`.
    ///
    /// - Parameter entry: The credential to present, or nil to ask as nobody.
    func token(
        challenge: AuthenticationChallenge, repository: String, entry: AuthEntry?, until deadline: Int64, cancellation: Cancellation?
    ) throws(Failure) -> Token {
        let server = try endpoint.tokenServer(realm: challenge.parameters["realm"] ?? "")
        let service = challenge.parameters["service"] ?? ""
        var scopes = (challenge.parameters["scope"] ?? "").split(separator: " ").map(String.init)
        if scopes.isEmpty { scopes = ["repository:\(repository):pull"] }
        let isIdentity = entry.map { $0.kind == .identityToken || ($0.kind == .basic && $0.username == "<token>") } ?? false
        var request: HTTPRequest
        if let entry, isIdentity {
            request = HTTPRequest(method: "POST", url: server)
            request.headers.add("Content-Type", FormBody.contentType)
            request.body = FormBody.encode([
                ("grant_type", "refresh_token"), ("service", .text(service)), ("client_id", "tabard"),
                ("scope", .text(scopes.joined(separator: " "))), ("refresh_token", .secret(entry.password)),
            ])
        } else {
            var query = server.query.map { $0 + "&" } ?? ""
            if !service.isEmpty { query += "service=\(PercentEncoding.encode(service))&" }
            query += scopes.map { "scope=\(PercentEncoding.encode($0))" }.joined(separator: "&")
            request = HTTPRequest(url: try server.resolving("\(server.path)?\(query)"))
            if let entry { request.headers.add("Authorization", secret: Self.basic(entry)) }
        }
        request.maximumBody = Self.maximumBody
        requests.count()
        let answer = try http.perform(request, until: deadline, cancellation: cancellation)
        guard answer.status == 200 else { throw refusal(answer, from: server, entry) }
        return try read(answer, from: server)
    }

    private func read(_ answer: HTTPResponse, from server: WebURL) throws(Failure) -> Token {
        let source = JSONSource(server.redacted, attempting: "reading the token server's answer", code: .badResponse)
        let root = try JSONDocument(reading: answer.body, from: source).root.asObject()
        let value: Secret
        if let token = try root.optionalSecret("token"), !token.isEmpty {
            value = token
        } else if let token = try root.optionalSecret("access_token"), !token.isEmpty {
            value = token
        } else {
            throw root.failure("has neither token nor access_token")
        }
        // Sixty seconds is what the specification says where the server doesn't; a tenth is left for the way.
        let lifetime = max(try root.optionalInt64("expires_in") ?? 60, 60)
        let (nanoseconds, overflow) = lifetime.multipliedReportingOverflow(by: 900_000_000)
        return Token(value: value, expires: overflow ? .max : clocks.monotonicNanoseconds.addingSaturated(nanoseconds))
    }

    private func refusal(_ answer: HTTPResponse, from server: WebURL, _ entry: AuthEntry?) -> Failure {
        let who = entry.map { "the credential from \($0.origin)" } ?? "an anonymous request"
        let said = RegistryErrorBody.summary(of: answer.body, to: entry)
        let code: Failure.Code =
            switch answer.status {
            case 408, 429, 500...599: .unavailable
            // What it does not take from one identity, such as the POST of an identity token, it may take from the next.
            case 400...499: .denied
            default: .badResponse
            }
        return Failure(
            code, attempting: "getting a pull token", on: server.redacted,
            reason: "the token server refused \(who)" + (said.isEmpty ? "" : ": \(said)"), source: endpoint.registry,
            httpStatus: answer.status, retryAfter: RetryDelay.read(answer.headers.first("retry-after"), now: clocks))
    }

    /// The value of `Authorization` for HTTP Basic (RFC 7617).
    static func basic(_ entry: AuthEntry) -> Secret { prefixed("Basic ", basicPair(entry)) }

    /// User and password as HTTP Basic writes them, in Base64.
    static func basicPair(_ entry: AuthEntry) -> Secret {
        var pair = SecretBuffer(capacity: entry.username.utf8.count + 1 + entry.password.count)
        pair.append(entry.username)
        pair.append(UInt8(ascii: ":"))
        pair.append(entry.password)
        return Base64.encode(pair.freeze())
    }

    /// The value of `Authorization` for a bearer token (RFC 6750, section 2.1).
    static func bearer(_ token: Secret) -> Secret { prefixed("Bearer ", token) }

    private static func prefixed(_ scheme: String, _ secret: Secret) -> Secret {
        var value = SecretBuffer(capacity: scheme.utf8.count + secret.count)
        value.append(scheme)
        value.append(secret)
        return value.freeze()
    }
}
