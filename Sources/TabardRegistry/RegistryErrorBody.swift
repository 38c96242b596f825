import TabardCore
import TabardJSON

/// What a registry or token server says is wrong: `{"errors":[{"code","message"}]}` (OCI distribution-spec, "Error Codes"), or OAuth's
/// `error` and `error_description` (RFC 6749, section 5.2).
enum RegistryErrorBody {
    /// The most bytes of an error answer that are read.
    static let maximumBytes = 64 * 1024
    private static let maximumText = 300

    /// A short text for people, or nothing when the body has none of the two forms. Other bodies are not quoted: they may hold anything.
    ///
    /// - Parameter entry: The credential that was presented. A server that repeats it is not quoted.
    static func summary(of body: Secret, to entry: AuthEntry?) -> String {
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
        if let entry, [entry.password, TokenServer.basicPair(entry)].contains(where: { body.contains($0) }) {
            return "its message repeats the credential and is not shown"
        }
        return String(parts.joined(separator: "; ").prefix(maximumText)).escapingControlCharacters()
    }

    /// The permission that a refusal of AWS names, as in `User: … is not authorized to perform: ecr:BatchGetImage on resource: …`.
    static func missingPermission(in summary: String) -> String? {
        let mark = "not authorized to perform: "
        guard let start = summary.indices.first(where: { summary[$0...].hasPrefix(mark) }) else { return nil }
        let name = summary[start...].dropFirst(mark.count).prefix { $0 == ":" || $0 == "-" || $0.isASCII && ($0.isLetter || $0.isNumber) }
        return name.contains(":") ? String(name) : nil
    }
}

extension Secret {
    /// Whether the bytes of `other`, if there are at least four, stand somewhere in these.
    fileprivate func contains(_ other: Secret) -> Bool {
        guard other.count >= 4, other.count <= count else { return false }
        return withBytes { all in
            other.withBytes { part in
                (0...(all.count - part.count)).contains { start in all[start..<start + part.count].elementsEqual(part) }
            }
        }
    }
}
