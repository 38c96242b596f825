import TabardCore

/// Copying what was read: values of one document go into another, with all that is in them. Numbers keep their text.
extension JSONWriter {
    /// Writes a value of another document.
    public mutating func value(_ node: JSONNode) {
        separate()
        copy(node)
    }

    /// Writes a member with a value of another document.
    public mutating func field(_ key: String, _ node: JSONNode) {
        name(key)
        copy(node)
    }

    private mutating func copy(_ node: JSONNode) {
        switch node.kind {
        case .object:
            container("{", "}") { json in
                for member in node.members { json.field(member.key, member.value) }
            }
        case .array:
            container("[", "]") { json in
                for element in node.elements { json.value(element) }
            }
        // It may be a secret, so not by way of a `String`; a document that was read is UTF-8.
        case .string: node.secret?.withBytes { escape($0) }
        case .number: node.document.withToken(node.index) { output.append($0) }
        case .boolean: output.append(node.bool == true ? "true" : "false")
        case .null: output.append("null")
        }
    }
}
