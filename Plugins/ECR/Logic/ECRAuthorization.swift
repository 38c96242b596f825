public import TabardCore
import TabardJSON

/// The body of a successful GetAuthorizationToken: a user, a password, and until when.
public struct ECRAuthorization: Sendable {
    /// `AWS`.
    public let username: String
    /// Opaque, a few kilobytes.
    public let password: Secret
    /// By AWS's clock; nil when the answer does not say.
    public let expires: UTCTime?

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - isPublic: ECR Public puts one object where ECR has a list.
    ///   - subject: Whose answer it is, for messages.
    /// - Throws: `.badResponse` saying what is missing or wrong, and nothing of the content.
    public init(parsing body: Secret, isPublic: Bool, from subject: String) throws(Failure) {
        func unusable(_ reason: String) -> Failure {
            Failure(
                .badResponse, attempting: "reading an authorization token", on: subject, reason: reason,
                advice: "if this is not AWS itself, check what answers at that endpoint")
        }
        let root: JSONNode
        do {
            root = try JSONDocument(parsing: body).root
        } catch {
            throw unusable("the answer is not JSON: \(error)")
        }
        guard let data = root["authorizationData"], !data.isNull else { throw unusable("the answer has no authorizationData") }
        let found = data.kind == .array && !isPublic ? data.elements.first : data
        guard let found else { throw unusable("authorizationData is empty") }
        guard found.kind == .object else { throw unusable("authorizationData holds no object") }
        guard let token = found["authorizationToken"]?.secret, !token.isEmpty else { throw unusable("there is no authorizationToken") }
        guard let pair = token.withBytes({ Base64.decode($0, padding: .optional) }) else {
            throw unusable("the authorizationToken is not Base64")
        }
        // The password may hold colons of its own.
        let parts: (String, Secret)? = pair.withBytes { bytes in
            guard let colon = bytes.firstIndex(of: 0x3A), let name = String(validating: bytes[..<colon], as: UTF8.self) else { return nil }
            return (name, Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[(colon + 1)...])))
        }
        guard let (username, password) = parts, !username.isEmpty, !password.isEmpty,
            username.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { throw unusable("the authorizationToken is not user:password") }
        self.username = username
        self.password = password
        expires = try found["expiresAt"].flatMap { (node) throws(Failure) -> UTCTime? in
            if node.isNull { return nil }
            // Seconds since 1970 with a fraction; a double holds milliseconds until far beyond any calendar.
            guard let seconds = node.double, seconds.magnitude < 9e9 else { throw unusable("expiresAt is not a time") }
            return UTCTime(unixNanoseconds: Int64(seconds * 1000) * 1_000_000)
        }
    }
}
