/// One name and value of an object.
public struct JSONMember: Sendable {
    /// The name, unescaped.
    public let key: String
    /// The value.
    public let value: JSONNode

    init(document: JSONDocument, nameIndex: Int) {
        self.key = document.text(nameIndex)
        self.value = JSONNode(document: document, index: nameIndex + 1)
    }

    /// Where the name stands.
    public var keyPosition: JSONPosition { value.document.position(of: value.index - 1) }
}
