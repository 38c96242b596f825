public import TabardCore

/// Why bytes are not JSON, and where. Never holds more of the document than one character, escaped.
public struct JSONError: Error, Sendable, Hashable {
    /// The first byte that is wrong, or the end.
    public let position: JSONPosition
    /// What is wrong, without the position.
    public let reason: String

    /// The same as a `Failure` whose subject is `file:line:column`.
    public func failure(in file: String, attempting: String = "reading JSON", code: Failure.Code = .invalid) -> Failure {
        failure(from: JSONSource(file, attempting: attempting, code: code))
    }

    /// The same as a `Failure` about that source.
    public func failure(from source: JSONSource) -> Failure { source.failure(at: position, reason: reason) }
}

extension JSONError: CustomStringConvertible {
    /// `line 3, column 7: expected ':' after a name, found '}'`.
    public var description: String { "\(position): \(reason)" }
}
