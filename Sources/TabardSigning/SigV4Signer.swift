public import TabardCore
import TabardCrypto

/// AWS Signature Version 4 (IAM User Guide, "Create a signed AWS API request"), in header fields or in the query.
///
/// Pure: the time is a parameter and nothing is read from outside.
public struct SigV4Signer: Sendable {
    /// The region of the endpoint: `eu-west-1`.
    public let region: String
    /// The signing name of the service: `ecr`.
    public let service: String
    /// What the service wants differently.
    public let options: SigV4Options

    static let algorithm = "AWS4-HMAC-SHA256"
    private static let ownQueryNames: Set<String> = [
        "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Security-Token", "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    ]

    /// Makes a signer for one service in one region.
    public init(region: String, service: String, options: SigV4Options = SigV4Options()) {
        self.region = region
        self.service = service
        self.options = options
    }

    /// The header fields that make the request a signed one: X-Amz-Date, Authorization and, where they apply, X-Amz-Security-Token and
    /// X-Amz-Content-Sha256. Send them beside the request's own.
    ///
    /// - Parameters:
    ///   - time: Now. AWS refuses a signature that is more than five minutes (some services: 15) off.
    ///   - keys: Where the derived key is kept for the next time.
    public func headers(
        for request: SigV4Request, credentials: AWSCredentials, at time: UTCTime, keys: inout SigV4KeyCache
    ) -> [(name: String, value: FieldValue)] {
        var added: [(name: String, value: FieldValue)] = [("X-Amz-Date", .text(time.basicISO8601))]
        if needsPayloadField(request) { added.append(("X-Amz-Content-Sha256", .text(payloadDigest(request.payload)))) }
        var after: [(name: String, value: FieldValue)] = []
        if let token = credentials.sessionToken {
            let field = (name: "X-Amz-Security-Token", value: FieldValue.secret(token))
            if options.sessionToken == .signed { added.append(field) } else { after.append(field) }
        }
        let fields = signedFields(of: request, adding: added)
        let canonical = canonicalRequest(request, fields: fields, query: encodedQuery(request.query.map { ($0.name, .text($0.value)) }))
        let signature = signature(of: canonical, secret: credentials.secretAccessKey, at: time, keys: &keys)
        let authorization =
            "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope(time)), "
            + "SignedHeaders=\(names(of: fields)), Signature=\(signature)"
        return added + after + [("Authorization", .text(authorization))]
    }

    /// The query that makes the request a signed one ("presigned URL"), encoded, without the question mark. It holds the session token.
    ///
    /// - Parameter lifetime: How long the URL is good for, in whole seconds; nil leaves it to the service.
    public func query(
        for request: SigV4Request, credentials: AWSCredentials, at time: UTCTime, lifetime: Duration?, keys: inout SigV4KeyCache
    ) -> Secret {
        var added: [(name: String, value: FieldValue)] = []
        if options.sendsPayloadDigest { added.append(("X-Amz-Content-Sha256", .text(payloadDigest(request.payload)))) }
        let fields = signedFields(of: request, adding: added)
        var items: [(name: String, value: FieldValue)] =
            request.query.filter { !Self.ownQueryNames.contains($0.name) }.map { ($0.name, .text($0.value)) }
        items.append(("X-Amz-Algorithm", .text(Self.algorithm)))
        items.append(("X-Amz-Credential", .text("\(credentials.accessKeyID)/\(scope(time))")))
        items.append(("X-Amz-Date", .text(time.basicISO8601)))
        if let lifetime { items.append(("X-Amz-Expires", .text(String(lifetime.components.seconds)))) }
        items.append(("X-Amz-SignedHeaders", .text(names(of: fields))))
        let token = credentials.sessionToken.map { (name: "X-Amz-Security-Token", value: FieldValue.secret($0)) }
        if let token, options.sessionToken == .signed { items.append(token) }
        let canonical = canonicalRequest(request, fields: fields, query: encodedQuery(items))
        let signature = signature(of: canonical, secret: credentials.secretAccessKey, at: time, keys: &keys)
        if let token, options.sessionToken == .addedAfterSigning { items.append(token) }
        items.append(("X-Amz-Signature", .text(signature)))
        return joined(encodedItems(items))
    }

    private func scope(_ time: UTCTime) -> String { "\(time.basicDate)/\(region)/\(service)/aws4_request" }

    private func signature(of canonical: Secret, secret: Secret, at time: UTCTime, keys: inout SigV4KeyCache) -> String {
        let digest = canonical.withBytes { SHA256.hash($0) }
        var code = HMACSHA256(key: keys.key(for: secret, date: time.basicDate, region: region, service: service))
        code.update("\(Self.algorithm)\n\(time.basicISO8601)\n\(scope(time))\n\(digest.hex)")
        return code.finish().hex
    }
}
