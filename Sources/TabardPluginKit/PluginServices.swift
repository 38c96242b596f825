public import TabardCore

/// What a host does for a provider during one call. The kit has the real one; ``FakePluginHost`` is one for tests.
public protocol PluginServices: Sendable {
    /// Nanoseconds on a clock that does not jump, the one of `PluginCall.deadline`.
    var monotonicNanoseconds: Int64 { get }
    /// Wall time.
    var unixTime: UTCTime { get }
    /// Whether the work is no longer wanted: cancelled, or past the deadline.
    var isCancelled: Bool { get }
    /// Whether a line of that level would be kept.
    func keeps(_ level: LogLevel) -> Bool
    /// Says one line, without secrets.
    func log(_ level: LogLevel, _ text: String)
    /// Waits until the monotonic clock reaches `moment`. Throws `.cancelled` or `.timedOut`.
    func sleep(until moment: Int64) throws(Failure)
    /// One exchange. Throws when there is no complete answer: `.unavailable`, `.timedOut`, `.cancelled`, `.badResponse`, `.tooLarge`.
    func http(_ request: PluginHTTPRequest) throws(Failure) -> PluginHTTPResponse
}
