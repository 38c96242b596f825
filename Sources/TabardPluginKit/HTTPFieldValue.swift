public import TabardCore

/// What stands behind the name in a header field of a request.
public enum HTTPFieldValue: Sendable {
    /// Something that may be seen.
    case text(String)
    /// A token or the like.
    case secret(Secret)
}

extension HTTPFieldValue: ExpressibleByStringLiteral {
    /// Something that may be seen.
    public init(stringLiteral value: String) { self = .text(value) }
}
