import TabardCore

/// How often the files were read again.
struct ReloadCounts: Sendable {
    /// What was read is in force.
    var succeeded: UInt64 = 0
    /// What was read could not be used.
    var failed: UInt64 = 0
    /// Why the last reading failed; nil when it did not.
    var lastFailure: Failure?
}
