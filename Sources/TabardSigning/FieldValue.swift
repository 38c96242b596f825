public import TabardCore

/// The value of a header or form field: text that may be seen, or a secret.
public enum FieldValue: Sendable {
    /// May be seen.
    case text(String)
    /// A token, a password.
    case secret(Secret)

    /// Lends the bytes to `body`.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch self {
        case .text(var text): text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
        case .secret(let secret): secret.withBytes { body($0) }
        }
    }
}
