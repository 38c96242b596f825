public import TabardSystem

/// What a program did.
public struct ToolResult: Sendable {
    /// How it ended.
    public let ending: ChildEnding
    /// Standard output.
    public let output: String
    /// Standard error.
    public let errors: String
    /// From start to end.
    public let duration: Duration

    /// The exit status, or nil when it did not exit by itself.
    public var status: Int32? {
        if case .exited(let status) = ending { status } else { nil }
    }
}

extension ToolResult: CustomStringConvertible {
    /// All of it, for the message of a failed expectation.
    public var description: String { "\(ending) after \(duration)\n--- stdout\n\(output)\n--- stderr\n\(errors)" }
}
