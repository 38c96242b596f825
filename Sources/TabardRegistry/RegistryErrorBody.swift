import TabardCore
import TabardJSON

/// What a registry or token server says is wrong: `{"errors":[{"code","message"}]}` (OCI distribution-spec, "Error Codes"), or OAuth's
/// `error` and `error_description` (RFC 6749, section 5.2).
enum RegistryErrorBody {
    /// The most bytes of an error answer that are read.
    static let maximumBytes = 64 * 1024
    private static let maximumText = 300

    /// A short text for people, or nothing when the body has none of the two forms. Other bodies are not quoted: they may hold anything.
    static func summary(of body: Secret) -> String {
        guard body.count <= maximumBytes, let document = try? JSONDocument(parsing: body) else { return "" }
        var parts: [String] = []
        if let errors = document.root["errors"], errors.kind == .array {
            for error in errors.elements.prefix(3) {
                let text = [error["code"]?.string, error["message"]?.string].compactMap { $0 }.filter { !$0.isEmpty }
                if !text.isEmpty { parts.append(text.joined(separator: ": ")) }
            }
        } else if let error = document.root["error"]?.string {
            parts.append([error, document.root["error_description"]?.string].compactMap { $0 }.joined(separator: ": "))
        } else if let details = document.root["details"]?.string ?? document.root["message"]?.string {
            parts.append(details)
        }
        return String(parts.joined(separator: "; ").prefix(maximumText)).escapingControlCharacters()
    }
}
