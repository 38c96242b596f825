public import TabardCore

/// Where a document came from, so that what is wrong in it can be reported with what was being done and on what.
public struct JSONSource: Sendable, Hashable {
    /// The file, as the operator named it, or what sent the document: `config.json`, `https://sts.amazonaws.com/`. May be empty.
    public var name: String
    /// What is being done, as a gerund: `reading the configuration`.
    public var attempting: String
    /// What a mistake in the document means: `.invalid` for files, `.badResponse` for answers of other systems.
    public var code: Failure.Code

    /// Makes a source.
    public init(_ name: String, attempting: String = "reading JSON", code: Failure.Code = .invalid) {
        self.name = name
        self.attempting = attempting
        self.code = code
    }

    /// A failure about one place in the document: its subject is `config.json:3:7`.
    package func failure(at position: JSONPosition, reason: String, advice: String = "") -> Failure {
        let subject = name.isEmpty ? "\(position)" : "\(name):\(position.line):\(position.column)"
        return Failure(code, attempting: attempting, on: subject, reason: reason, advice: advice)
    }
}
