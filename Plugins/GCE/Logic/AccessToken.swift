internal import TabardCore
internal import TabardJSON
internal import TabardPluginKit

/// An OAuth 2 access token as the metadata server and Google's token endpoint answer it: `{"access_token": …, "expires_in": seconds,
/// "token_type": "Bearer"}` (RFC 6749, section 5.1).
struct AccessToken: Sendable {
    /// Registries take it as the password of `oauth2accesstoken`.
    let value: Secret
    /// When it stops being good, or nil when the server did not say.
    let expires: UTCTime?
    /// How long an answer made of it may be kept: zero is "use it once".
    let keepable: Duration

    /// What is kept back of the lifetime: a pull that starts just before the end must still get through its layers. The metadata server
    /// hands out one token until shortly before it expires, so a lifetime below this is usual: such a token is used once and not kept.
    static let margin = Duration.seconds(60)
    /// The longest lifetime that Google issues (12 h, by organisation policy); more is a mistake.
    static let longest = Duration.seconds(43_200)

    /// Reads the answer.
    ///
    /// - Parameter source: Who answered, for failures.
    /// - Throws: `.badResponse`; `.unavailable` for a token that is expired already, since the metadata server renews it at once.
    init(_ response: PluginHTTPResponse, source: String, now: UTCTime) throws(Failure) {
        do {
            try self.init(checking: response, source: source, now: now)
        } catch {
            var failure = error
            failure.advice = "check what answers at this address; a restart of the metadata agent may help"
            throw failure
        }
    }

    private init(checking response: PluginHTTPResponse, source: String, now: UTCTime) throws(Failure) {
        let attempting = "reading an access token"
        let document = try JSONDocument(reading: response.body, from: JSONSource(source, attempting: attempting, code: .badResponse))
        let answer = try document.root.asObject()
        func unusable(_ reason: String, _ code: Failure.Code = .badResponse) -> Failure {
            Failure(code, attempting: attempting, on: source, reason: reason, httpStatus: response.status)
        }
        let value = try Self.checked(try answer.require("access_token"))
        if let type = try answer.optionalString("token_type"), type.lowercased() != "bearer" { throw unusable("token_type is not Bearer") }
        guard let seconds = try answer.optionalInt64("expires_in") else {
            self.init(value: value, expires: nil, now: now)
            return
        }
        guard seconds > 0 else { throw unusable("the token is expired already (expires_in is \(seconds))", .unavailable) }
        self.init(value: value, expires: now.adding(min(.seconds(seconds), Self.longest)), now: now)
    }

    /// A token; of one whose end nobody knows, nothing is kept.
    init(value: Secret, expires: UTCTime?, now: UTCTime) {
        self.value = value
        self.expires = expires
        keepable = max(.zero, (expires?.duration(since: now) ?? .zero) - Self.margin)
    }

    /// The token in a member of an answer.
    static func checked(_ node: JSONNode) throws(Failure) -> Secret {
        let value = try node.asSecret()
        // RFC 6749, appendix A.12: it travels in header fields.
        guard !value.isEmpty, value.withBytes({ $0.allSatisfy { (0x21...0x7E).contains($0) } }) else {
            throw node.failure("it is empty, or not visible ASCII", advice: "check what answers at this address")
        }
        return value
    }
}
