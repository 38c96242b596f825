import TabardCore
import TabardJSON
import TabardYAML

/// Reads the input; what is accepted is a document by JSON's grammar too, with a place for each of its values, and no key is there twice.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let documents: [JSONDocument]
    do {
        documents = try YAMLStream.documents(
            in: Secret(copying: input), from: JSONSource("f"), limits: JSONLimits(bytes: 1 << 16, depth: 32, values: 4096))
    } catch {
        require(error.code == .invalid, "a mistake in a file is invalid")
        require(error.subject.hasPrefix("f:"), "a mistake has a place")
        return
    }
    for document in documents {
        require(document.duplicateKeys.isEmpty, "a key that stands twice was refused")
        inspect(document.root)
        var json = JSONWriter()
        json.value(document.root)
        require((try? JSONDocument(parsing: json.finish())) != nil, "what was read is JSON")
    }
}

private func inspect(_ node: JSONNode) {
    require(node.position.line >= 1 && node.position.column >= 1, "positions count from one")
    for member in node.members {
        require(member.keyPosition.line >= 1, "names have a place")
        inspect(member.value)
    }
    node.elements.forEach(inspect)
}
