public import TabardCore

/// What readers of a fixed format ask for. Each failure names the place, the path and what was wrong with it, never the value.
extension JSONNode {
    /// A failure about this value: `config.json:3:7: providers.x.region` followed by `complaint`, such as `must not be empty`.
    public func failure(_ complaint: String, advice: String = "") -> Failure {
        document.source.failure(at: position, reason: "\(place) \(complaint)", advice: advice)
    }

    /// The member of that name, or a failure that it is missing.
    public func require(_ key: String) throws(Failure) -> JSONNode {
        try asObject()
        guard let node = self[key] else {
            throw document.source.failure(at: position, reason: "\(path(of: key)) is missing")
        }
        return node
    }

    /// The member of that name, or nil when it is missing or null.
    public func optional(_ key: String) throws(Failure) -> JSONNode? {
        try asObject()
        guard let node = self[key], !node.isNull else { return nil }
        return node
    }

    /// Itself, or a failure when it is not an object.
    @discardableResult
    public func asObject() throws(Failure) -> JSONNode { try checked(kind == .object ? self : nil, "an object") }
    /// Its elements, or a failure when it is not an array.
    public func asArray() throws(Failure) -> [JSONNode] { try checked(kind == .array ? elements : nil, "an array") }
    /// Its text, or a failure when it is not a string.
    public func asString() throws(Failure) -> String { try checked(string, "a string") }
    /// Its text as a secret, or a failure when it is not a string.
    public func asSecret() throws(Failure) -> Secret { try checked(secret, "a string") }
    /// Its value, or a failure when it is not `true` or `false`.
    public func asBool() throws(Failure) -> Bool { try checked(bool, "true or false") }
    /// Its value, or a failure when it is not a 64-bit integer.
    public func asInt64() throws(Failure) -> Int64 { try checked(int64, "an integer of 64 bits") }
    /// Its elements' texts, or a failure when it is not an array of strings.
    public func asStrings() throws(Failure) -> [String] {
        try asArray().map { element throws(Failure) in try element.asString() }
    }
    /// Its members' texts, or a failure when it is not an object with strings alone.
    public func asStringMap() throws(Failure) -> [String: String] {
        var map: [String: String] = [:]
        for member in try asObject().members { map[member.key] = try member.value.asString() }
        return map
    }

    /// The text of that member, or a failure when it is missing or not a string.
    public func requireString(_ key: String) throws(Failure) -> String { try require(key).asString() }
    /// The text of that member as a secret, or a failure when it is missing or not a string.
    public func requireSecret(_ key: String) throws(Failure) -> Secret { try require(key).asSecret() }
    /// The value of that member, or a failure when it is missing or not a 64-bit integer.
    public func requireInt64(_ key: String) throws(Failure) -> Int64 { try require(key).asInt64() }
    /// The value of that member, or a failure when it is missing or not `true` or `false`.
    public func requireBool(_ key: String) throws(Failure) -> Bool { try require(key).asBool() }
    /// That member, or a failure when it is missing or not an object.
    public func requireObject(_ key: String) throws(Failure) -> JSONNode { try require(key).asObject() }
    /// The elements of that member, or a failure when it is missing or not an array.
    public func requireArray(_ key: String) throws(Failure) -> [JSONNode] { try require(key).asArray() }

    /// The text of that member; nil when it is missing or null; a failure when it is something else.
    public func optionalString(_ key: String) throws(Failure) -> String? { try optional(key)?.asString() }
    /// The text of that member as a secret; nil when it is missing or null; a failure when it is something else.
    public func optionalSecret(_ key: String) throws(Failure) -> Secret? { try optional(key)?.asSecret() }
    /// The value of that member; nil when it is missing or null; a failure when it is not a 64-bit integer.
    public func optionalInt64(_ key: String) throws(Failure) -> Int64? { try optional(key)?.asInt64() }
    /// The value of that member; nil when it is missing or null; a failure when it is not `true` or `false`.
    public func optionalBool(_ key: String) throws(Failure) -> Bool? { try optional(key)?.asBool() }
    /// That member; nil when it is missing or null; a failure when it is not an object.
    public func optionalObject(_ key: String) throws(Failure) -> JSONNode? { try optional(key)?.asObject() }
    /// The elements of that member; nil when it is missing or null; a failure when it is not an array.
    public func optionalArray(_ key: String) throws(Failure) -> [JSONNode]? { try optional(key)?.asArray() }

    private func checked<Value>(_ value: Value?, _ wanted: String) throws(Failure) -> Value {
        guard let value else {
            let isOutOfRange = kind == .number && wanted.hasPrefix("an integer")
            throw failure(isOutOfRange ? "must be \(wanted)" : "must be \(wanted), is \(kind.words)")
        }
        return value
    }

    /// The members whose name is not among `known`, in document order.
    public func unknownMembers(known: [String]) -> [JSONMember] {
        members.filter { !known.contains($0.key) }
    }

    private func hasUnknownMember(known: [String]) -> Bool {
        var isUnknown = false
        forEachName { name in
            isUnknown = !known.contains { key in
                var key = key
                return key.withUTF8 { document.hasText(name, UnsafeRawBufferPointer($0)) }
            }
            return !isUnknown
        }
        return isUnknown
    }

    /// Refuses the first member whose name is not among `known`, and names the one that was probably meant.
    public func refuseUnknownMembers(known: [String]) throws(Failure) {
        // Almost always there is none: no name becomes a text for that.
        guard hasUnknownMember(known: known), let first = unknownMembers(known: known).first else { return }
        let nearest = NearestName.to(first.key, among: known)
        throw document.source.failure(
            at: first.keyPosition, reason: "\(first.value.path) is unknown",
            advice: nearest.map { "did you mean \"\($0)\"?" } ?? "known here: \(known.sorted().joined(separator: ", "))")
    }
}

extension JSONNode.Kind {
    /// The kind with its article.
    fileprivate var words: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .boolean: "a boolean"
        case .null: "null"
        }
    }
}
