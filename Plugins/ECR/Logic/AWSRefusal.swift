import TabardCore
import TabardJSON
import TabardPluginKit
import TabardSigning

/// An AWS answer that is not 200, read for what its reader needs: AWS's error code and message, and how far the clocks are apart.
struct AWSRefusal: Sendable {
    /// The HTTP status.
    let status: Int
    /// AWS's name of the error, or empty when the answer has none.
    let code: String
    /// AWS's own words, bounded; only for codes whose words hold no secret.
    let message: String
    /// AWS's clock against this machine's; nil when the answer is not dated.
    let skew: ClockSkew?
    /// How long AWS asked to be left alone.
    let retryAfter: Duration?

    /// Reads an answer: the `X-Amzn-ErrorType` field, else a JSON or XML body.
    init(_ response: PluginHTTPResponse, now: UTCTime) {
        status = response.status
        skew = response.clockSkew(now: now)
        retryAfter = response.retryAfter(now: now)
        let body = AWSErrorBody(response.body)
        let named = response.header("x-amzn-errortype") ?? body.code ?? ""
        // "ExpiredTokenException:http://internal.amazon.com/…" and "com.amazonaws.ecr#ServerException".
        let afterHash = named.split(separator: "#").last ?? ""
        code = String((afterHash.split(separator: ":").first ?? "").prefix(100))
        message = body.message ?? ""
    }

    /// Whether a wrong clock can be the reason. (A signature that is too old is refused as an invalid one.)
    var mayBeClock: Bool {
        [
            "RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed", "InvalidSignatureException", "SignatureDoesNotMatch",
            "AuthFailure", "AccessDeniedException",
        ].contains(code)
    }

    private static let throttled: Set<String> = [
        "BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "SlowDown",
        "ThrottledException", "Throttling", "ThrottlingException", "TooManyRequestsException", "TransactionInProgressException",
    ]
    private static let transient: Set<String> = [
        "IDPCommunicationError", "InternalError", "InternalFailure", "RequestTimeout", "RequestTimeoutException", "ServerException",
        "ServiceUnavailable", "ServiceUnavailableException",
    ]

    /// The failure that tells the operator what to do.
    func failure(of request: AWSRequest, credentials: AWSCredentials?) -> Failure {
        var failure = classified(request, credentials: credentials)
        // Without a code it was not AWS that denied.
        if failure.code == .denied, !code.isEmpty, let advice = request.advice { failure.advice = advice }
        return failure
    }

    private func classified(_ request: AWSRequest, credentials: AWSCredentials?) -> Failure {
        var failure = Failure(
            .badResponse, attempting: request.attempt, on: request.subject, reason: said, httpStatus: status, retryAfter: retryAfter)
        if status == 429 || Self.throttled.contains(code) {
            failure.code = .unavailable
            failure.reason = "AWS limits the rate of such calls (\(said))"
            failure.advice =
                "try again later; if this stays, let fewer nodes ask at once, or ask AWS for a higher quota of such calls in region"
                + " \(request.endpoint.region)"
            return failure
        }
        if status >= 500 || status == 408 || Self.transient.contains(code) {
            failure.code = .unavailable
            return failure
        }
        failure.retryAfter = nil
        switch code {
        case "AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "AuthorizationError":
            failure.code = .denied
            failure.reason = quoting("AWS denies it")
            let permissions = [request.permission, request.furtherPermission].compactMap { $0 }.joined(separator: " and ")
            failure.advice = "allow \(permissions) (resource *) to this identity in region \(request.endpoint.region)"
        case "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature", "IncompleteSignatureException":
            failure.code = .denied
            failure.reason =
                "AWS computes another signature (\(code)): the secret access key does not belong to \(identity(credentials)), or a clock is wrong"
            failure.advice = "check AWS_SECRET_ACCESS_KEY; \(clockWords)"
        case "RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed":
            failure.code = .denied
            failure.reason = "AWS finds the signature too old or too new (\(code))"
            failure.advice = "set this machine's clock; \(clockWords)"
        case "IDPRejectedClaim", "IDPRejectedClaimException", "InvalidIdentityToken", "InvalidIdentityTokenException":
            failure.code = .denied
        case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
            failure.code = .denied
            failure.reason =
                credentials == nil
                ? "the web identity token has expired (\(code))"
                : "the temporary credentials \(identity(credentials)) have expired (\(code))"
            failure.advice = "renew them, AWS_SESSION_TOKEN included"
        case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "InvalidTokenId", "MissingAuthenticationToken",
            "MissingAuthenticationTokenException":
            failure.code = .denied
            failure.reason = "AWS does not know \(identity(credentials)) in region \(request.endpoint.region) (\(code))"
            failure.advice =
                credentials?.accessKeyID.hasPrefix("ASIA") == true && credentials?.sessionToken == nil
                ? "this is a temporary key: set AWS_SESSION_TOKEN too"
                : "check that the key still exists and is active, belongs to this partition, and that the region is enabled for its account"
        case "OptInRequired", "SubscriptionRequiredException":
            failure.code = .denied
            failure.advice = "enable region \(request.endpoint.region) or the service for this account"
        default:
            if status == 401 || status == 403 {
                failure.code = .denied
                failure.advice =
                    code.isEmpty ? "the answer is not AWS's own: look for a proxy or a VPC endpoint policy on the way" : ""
            }
        }
        return failure
    }

    private func identity(_ credentials: AWSCredentials?) -> String {
        credentials.map { "access key \(Self.masked($0.accessKeyID))" } ?? "the caller"
    }

    /// Enough of an access key id to tell it from others.
    static func masked(_ keyID: String) -> String {
        keyID.count < 12 ? "(\(keyID.count) characters)" : "\(keyID.prefix(4))…\(keyID.suffix(4))"
    }

    private var clockWords: String {
        guard let skew else { return "the answer has no Date to compare this machine's clock with" }
        return skew.isNegligible ? "the clocks agree" : "this machine's clock is \(skew) AWS's"
    }

    /// What the answer was, in short.
    private var said: String { code.isEmpty ? "AWS answered without an error code" : quoting("AWS answered \(code)") }

    private func quoting(_ words: String) -> String {
        message.isEmpty || mayBeClock && code != "AccessDeniedException" ? words : "\(words): \(message)"
    }
}
