public import TabardCore
public import TabardJSON

extension AuthEntry {
    /// Writes the members of the entry, its secret among them, into the object that is open.
    public func write(to json: inout JSONWriter) throws(Failure) {
        json.field("pattern", pattern)
        json.field("kind", kind.rawValue)
        json.field("username", username)
        try json.field("password", password)
        json.field("source", origin.source.rawValue)
        json.field("provider", origin.detail)
        if let expires { json.field("expires", expires.unixNanoseconds) }
    }

    /// Reads what `write` wrote.
    public init(wireForm node: JSONNode) throws(Failure) {
        guard let kind = Kind(rawValue: try node.requireString("kind")),
            let source = Origin.Source(rawValue: try node.requireString("source"))
        else { throw node.failure("has an unknown kind or source") }
        self.init(
            pattern: try node.requireString("pattern"), kind: kind, username: try node.requireString("username"),
            password: try node.requireSecret("password"), origin: Origin(source, try node.requireString("provider")),
            expires: try node.optionalInt64("expires").map { UTCTime(unixNanoseconds: $0) })
    }
}
