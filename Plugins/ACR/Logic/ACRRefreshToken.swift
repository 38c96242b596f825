public import TabardCore
import TabardJSON

/// The answer to an exchange: a refresh token, which the registry takes as the password of the null GUID.
public struct ACRRefreshToken: Sendable {
    /// The password.
    public let value: Secret
    /// When it ends, by the registry's clock; nil when it does not say.
    public let expires: UTCTime?

    /// Reads the body of an answer of status 200.
    ///
    /// - Throws: `.badResponse` saying what is missing or wrong, and nothing of the content.
    /// - Parameter field: `access_token` for the answer to the question for one.
    public init(parsing body: Secret, from registry: String, field: String = "refresh_token") throws(Failure) {
        let source = JSONSource(registry, attempting: "reading the registry's token", code: .badResponse)
        let answer = try JSONDocument(reading: body, from: source).root
        let token = try answer.requireSecret(field)
        // It becomes part of a header.
        guard !token.isEmpty, token.withBytes({ $0.allSatisfy { (0x21...0x7E).contains($0) } }) else {
            throw answer.failure(
                "has \(field == "access_token" ? "an" : "a") \(field) that is none", advice: "check what answers at that registry")
        }
        value = token
        expires = JSONWebToken(token)?.expires
    }
}
