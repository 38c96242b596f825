public import TabardCore

/// One piece of work that the host gave to a provider, and the host's services for as long as it lasts.
///
/// It may be handed to threads that end before `init` or `provide` returns; used later, its services throw or do nothing.
public struct PluginCall: Sendable {
    /// When the work must be done, in nanoseconds on the monotonic clock of `now`; `Int64.max` is never.
    public let deadline: Int64
    /// The process ends after this call: keep no state, start no refresh.
    public let isOneShot: Bool
    private let services: any PluginServices

    /// Makes a call over given services.
    public init(deadline: Int64, isOneShot: Bool, services: any PluginServices) {
        self.deadline = deadline
        self.isOneShot = isOneShot
        self.services = services
    }

    /// Nanoseconds on the host's monotonic clock.
    public var now: Int64 { services.monotonicNanoseconds }
    /// The host's wall time.
    public var unixTime: UTCTime { services.unixTime }
    /// Whether the work is no longer wanted: cancelled, or past the deadline.
    public var isCancelled: Bool { services.isCancelled }

    /// The time left until the deadline, never negative; nil when there is no deadline.
    public var remaining: Duration? {
        deadline == .max ? nil : max(.zero, .nanoseconds(deadline) - .nanoseconds(now))
    }

    /// Says one line, without secrets; the text is built only when it is kept.
    public func log(_ level: LogLevel, _ text: @autoclosure () -> String) {
        if services.keeps(level) { services.log(level, text().escapingControlCharacters()) }
    }

    /// Waits until the monotonic clock reaches `moment`.
    ///
    /// - Throws: `.cancelled`; `.timedOut`, at once, when the moment lies past the deadline.
    public func sleep(until moment: Int64) throws(Failure) { try services.sleep(until: moment) }

    /// One exchange; any complete answer is returned, whatever its status.
    ///
    /// - Throws: `.unavailable`, `.timedOut`, `.cancelled`, `.badResponse`, `.tooLarge`, `.invalid`, or `.unsupported` when the host has no
    ///   HTTP.
    public func http(_ request: PluginHTTPRequest) throws(Failure) -> PluginHTTPResponse { try services.http(request) }
}
