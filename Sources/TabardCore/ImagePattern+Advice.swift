extension ImagePattern {
    /// Traps in this pattern, one sentence each: it parses, but matches less, more or something else than its writer is likely to expect.
    public var warnings: [String] { [] }

    /// Why the pattern nearly matched: the one rule that failed. Nil when it matches, or when more than one rule fails.
    public func nearMiss(_ image: ImageReference) -> String? { nil }
}
