/// The value of a header or form field: text that may be seen, or a secret.
public enum FieldValue: Sendable {
    /// May be seen.
    case text(String)
    /// A token, a password.
    case secret(Secret)

    /// Whether there is nothing in it.
    public var isEmpty: Bool {
        switch self {
        case .text(let text): text.isEmpty
        case .secret(let secret): secret.isEmpty
        }
    }

    /// Lends the bytes to `body`.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch self {
        case .text(var text): text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
        case .secret(let secret): secret.withBytes { body($0) }
        }
    }
}

extension FieldValue: ExpressibleByStringLiteral {
    /// Something that may be seen.
    public init(stringLiteral value: String) { self = .text(value) }
}
