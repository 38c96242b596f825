public import TabardCore

/// A complete HTTP answer, whatever its status.
public struct PluginHTTPResponse: Sendable {
    /// 200, 403, …
    public let status: Int
    /// The fields in the order of arrival, names in lower case.
    public let headers: [(name: String, value: String)]
    /// The body, possibly empty.
    public let body: Secret

    /// Makes an answer, for tests; names are put in lower case.
    public init(status: Int, headers: [(name: String, value: String)] = [], body: Secret = Secret("")) {
        self.status = status
        self.headers = headers.map { ($0.name.lowercased(), $0.value) }
        self.body = body
    }

    /// The value of the first field of that name, whatever its case.
    public func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name == name }?.value
    }

    /// How long the other side asked to be left alone (`Retry-After`), or nil when it did not say so in a usable way.
    public func retryAfter(now: UTCTime) -> Duration? {
        header("retry-after").flatMap { RetryAfter.delay(of: $0, now: now) }
    }
}
