import TabardCore
import TabardJSON
import TabardSigning

extension AWSCredentials {
    /// Reads the object that instance metadata and container endpoints answer with.
    ///
    /// - Throws: `.badResponse` naming what is missing, or the `Code` with which the service says that it has none.
    init(json body: Secret, from subject: String) throws(Failure) {
        func unusable(_ reason: String) -> Failure {
            Failure(.badResponse, attempting: "reading AWS credentials", on: subject, reason: reason)
        }
        let root: JSONNode
        do {
            root = try JSONDocument(parsing: body).root
        } catch {
            throw unusable("the answer is not JSON: \(error)")
        }
        if let code = root["Code"]?.string, code != "Success" { throw unusable("it says \(code.prefix(80))") }
        guard let keyID = root["AccessKeyId"]?.string, !keyID.isEmpty else { throw unusable("there is no AccessKeyId") }
        guard let secret = root["SecretAccessKey"]?.secret, !secret.isEmpty else { throw unusable("there is no SecretAccessKey") }
        guard let token = root["Token"]?.secret, !token.isEmpty else { throw unusable("there is no Token") }
        self.init(
            accessKeyID: keyID, secretAccessKey: secret, sessionToken: token,
            expires: root["Expiration"]?.string.flatMap { UTCTime(rfc3339: $0) })
    }
}
