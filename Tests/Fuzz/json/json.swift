import TabardCore
import TabardJSON

/// Reads the input; what is accepted is looked at in every way there is, written again and read back.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let document: JSONDocument
    do {
        document = try JSONDocument(parsing: input, limits: JSONLimits(bytes: 1 << 16, depth: 64, values: 4096))
    } catch {
        require(0...input.count ~= error.position.offset, "an error lies inside the document")
        require(error.position.line >= 1 && error.position.column >= 1, "positions count from one")
        require(error.failure(in: "f").code == .invalid, "a mistake in a file is invalid")
        return
    }
    inspect(document.root)
    for duplicate in document.duplicateKeys {
        require(duplicate.keyPosition.offset < input.count, "a name lies inside the document")
        inspect(duplicate.value)
    }
    do {
        let again = try JSONDocument(parsing: written(document.root, .compact))
        require(again.duplicateKeys.isEmpty, "the writer repeats no name")
        require(same(again.root, document.root), "what is written is what was read")
        let pretty = try JSONDocument(parsing: written(again.root, .pretty))
        require(same(pretty.root, document.root), "white space changes nothing")
    } catch {
        require(false, "what is written can be read")
    }
}

private func inspect(_ node: JSONNode) {
    // Costs a walk over the document, so not for each of thousands.
    if node.document.root.elements.count < 100 { require(node.position.line >= 1, "positions count from one") }
    _ = node.path
    require((node.string != nil) == (node.kind == .string), "strings have text")
    require((node.bool != nil) == (node.kind == .boolean), "booleans have a value")
    if let text = node.string, let secret = node.secret {
        require(secret.hasSameBytes(as: Secret(text)), "text and secret are the same bytes")
        require(node.containsNUL == text.utf8.contains(0), "U+0000 is seen")
    }
    if let integer = node.int64, let double = node.double {
        require(double == Double(integer), "integer and double are the same number")
    }
    for member in node.members {
        require(node[member.key]?.position.offset == member.value.position.offset, "a name finds its own value")
        inspect(member.value)
    }
    node.elements.forEach(inspect)
}

private func written(_ node: JSONNode, _ style: JSONWriter.Style) -> Secret {
    var json = JSONWriter(style)
    json.value(node)
    return json.finish()
}

private func same(_ left: JSONNode, _ right: JSONNode) -> Bool {
    guard left.kind == right.kind else { return false }
    switch left.kind {
    case .object:
        let (lefts, rights) = (left.members, right.members)
        return lefts.count == rights.count
            && zip(lefts, rights).allSatisfy { $0.key.utf8.elementsEqual($1.key.utf8) && same($0.value, $1.value) }
    case .array:
        let (lefts, rights) = (left.elements, right.elements)
        return lefts.count == rights.count && zip(lefts, rights).allSatisfy { same($0, $1) }
    case .string: return left.secret.flatMap { right.secret?.hasSameBytes(as: $0) } == true
    case .number: return left.numberText == right.numberText
    case .boolean: return left.bool == right.bool
    case .null: return true
    }
}
