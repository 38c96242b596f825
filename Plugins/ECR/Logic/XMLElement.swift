import TabardCore

/// One element of the small XML documents that AWS's older services answer with: a name, text, children. Attributes are skipped.
///
/// Bounded in depth and number of elements; document types and entities beyond XML's own five are refused, so nothing can expand.
final class XMLElement: Sendable {
    /// The name with its namespace prefix.
    let name: String
    /// The character data of this element alone, which may be a secret.
    let text: Secret
    /// The elements in it.
    let children: [XMLElement]

    init(name: String, text: Secret, children: [XMLElement]) {
        self.name = name
        self.text = text
        self.children = children
    }

    /// Reads a document.
    ///
    /// - Throws: `.badResponse` saying where it stops being XML.
    convenience init(parsing document: Secret) throws(Failure) {
        let root = try document.withBytes { (bytes) throws(Failure) in
            var parser = XMLParser(bytes)
            return try parser.document()
        }
        self.init(name: root.name, text: root.text, children: root.children)
    }

    /// The text as a `String`, for what is no secret; nil when it is not UTF-8.
    var string: String? { text.withBytes { String(validating: $0, as: UTF8.self) } }

    /// The first element of that name at any depth, this one included, in document order.
    func first(_ name: String) -> XMLElement? {
        if self.name == name { return self }
        for child in children {
            if let found = child.first(name) { return found }
        }
        return nil
    }
}
