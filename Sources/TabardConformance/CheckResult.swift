/// What one check found.
public struct CheckResult: Sendable, Hashable {
    /// Which one.
    public let check: Check
    /// Whether the plugin does it right.
    public let passed: Bool
    /// What was found, in one line: the fault, or a figure.
    public let detail: String

    init(_ check: Check, passed: Bool, _ detail: String) {
        self.check = check
        self.passed = passed
        self.detail = detail
    }
}
