import TabardCore
import TabardJSON

/// The code and message of an error, from a body in JSON (ECR) or XML (STS and query services).
struct AWSErrorBody: Sendable {
    let code: String?
    /// At most 300 bytes on one line.
    let message: String?

    init(_ body: Secret) {
        if let root = try? JSONDocument(parsing: body).root, root.kind == .object {
            code = root["__type"]?.string ?? root["code"]?.string ?? root["Code"]?.string
            message = (root["message"] ?? root["Message"])?.string.map(Self.shortened)
        } else if let root = try? XMLElement(parsing: body) {
            let error = root.first("Error")
            code = error?.first("Code")?.string
            message = error?.first("Message")?.string.map(Self.shortened)
        } else {
            code = nil
            message = nil
        }
    }

    private static func shortened(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.utf8.count <= 300 ? line : "\(line.prefix(280))…"
    }
}
