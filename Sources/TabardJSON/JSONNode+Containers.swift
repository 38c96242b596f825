extension JSONNode {
    /// The members of an object in document order, each name once, with its last value; empty when it is not an object.
    public var members: [JSONMember] {
        var members: [JSONMember] = []
        forEachName { name in
            members.append(JSONMember(document: document, nameIndex: name))
            return true
        }
        return members
    }

    /// Gives the members of an object in document order, each name once, with its last value, without keeping them.
    package func forEachMember<Problem: Error>(_ body: (JSONMember) throws(Problem) -> Void) throws(Problem) {
        guard entry.kind == .object else { return }
        let end = Int(entry.next)
        var name = index + 1
        while name < end {
            if !document.tape[name].flags.contains(.isOverridden) { try body(JSONMember(document: document, nameIndex: name)) }
            name = Int(document.tape[name + 1].next)
        }
    }

    /// The elements of an array in order; empty when it is not an array.
    public var elements: [JSONNode] {
        guard entry.kind == .array else { return [] }
        var elements: [JSONNode] = []
        let end = Int(entry.next)
        var next = index + 1
        while next < end {
            elements.append(JSONNode(document: document, index: next))
            next = Int(document.tape[next].next)
        }
        return elements
    }

    /// The last value of that name, compared byte by byte, or nil when there is none or this is not an object.
    public subscript(_ key: String) -> JSONNode? {
        var key = key
        return key.withUTF8 { key in
            var found: JSONNode?
            forEachName { name in
                guard document.hasText(name, UnsafeRawBufferPointer(key)) else { return true }
                found = JSONNode(document: document, index: name + 1)
                return false
            }
            return found
        }
    }

    /// Calls `body` for the name of each member that counts, until it says false.
    func forEachName(_ body: (Int) -> Bool) {
        guard entry.kind == .object else { return }
        let end = Int(entry.next)
        var name = index + 1
        while name < end {
            if !document.tape[name].flags.contains(.isOverridden), !body(name) { return }
            name = Int(document.tape[name + 1].next)
        }
    }
}

extension JSONDocument {
    /// Whether a string or name stands for exactly those UTF-8 bytes.
    func hasText(_ index: Int, _ text: UnsafeRawBufferPointer) -> Bool {
        let hasEscapes = tape[index].flags.contains(.hasEscapes)
        return withToken(index) { token in
            hasEscapes ? UnescapedBytes(token).elementsEqual(text) : token.isEqual(to: text)
        }
    }
}
