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
        let compact = try written(document.root, .compact)
        let again = try JSONDocument(parsing: compact)
        require(again.duplicateKeys.isEmpty, "the writer repeats no name")
        require(same(again.root.elements.first, document.root), "what is written is what was read")
        let pretty = try JSONDocument(parsing: try written(document.root, .pretty))
        require(same(pretty.root.elements.first, document.root), "white space changes nothing")
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

private func written(_ node: JSONNode, _ style: JSONWriter.Style) throws(Failure) -> Secret {
    var json = JSONWriter(style)
    try json.array { json throws(Failure) in try write(node, to: &json) }
    return json.finish()
}

/// What the writer has no call for is written as text: null, and numbers that are not integers.
private func write(_ node: JSONNode, to json: inout JSONWriter) throws(Failure) {
    switch node.kind {
    case .object:
        try json.object { json throws(Failure) in
            for member in node.members {
                try json.array(member.key) { json throws(Failure) in try write(member.value, to: &json) }
            }
        }
    case .array:
        try json.array { json throws(Failure) in
            for element in node.elements { try write(element, to: &json) }
        }
    case .string: if let secret = node.secret { try json.value(secret) }
    case .boolean: json.value(node.bool ?? false)
    case .null: json.value("null")
    case .number:
        if let integer = node.int64 {
            json.value(integer)
        } else {
            json.value(node.numberText ?? "")
        }
    }
}

/// Whether the first is what `write` makes of the second.
private func same(_ copy: JSONNode?, _ original: JSONNode) -> Bool {
    guard let copy else { return false }
    switch original.kind {
    case .object:
        let (copies, originals) = (copy.members, original.members)
        return copies.count == originals.count
            && zip(copies, originals).allSatisfy { $0.key.utf8.elementsEqual($1.key.utf8) && same($0.value.elements.first, $1.value) }
    case .array:
        let (copies, originals) = (copy.elements, original.elements)
        return copies.count == originals.count && zip(copies, originals).allSatisfy { same($0, $1) }
    case .string: return copy.secret.flatMap { original.secret?.hasSameBytes(as: $0) } == true
    case .boolean: return copy.bool == original.bool
    case .null: return copy.string == "null"
    case .number: return original.int64.map { copy.int64 == $0 } ?? (copy.string == original.numberText)
    }
}
