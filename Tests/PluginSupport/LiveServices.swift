public import TabardCore
import TabardHTTP
public import TabardPluginKit
import TabardSystem

/// A provider's call with the real HTTP client and the real clocks; waiting is refused, so that nothing sleeps.
public struct LiveServices: PluginServices {
    private let client: HTTPClient
    private let clocks = SystemClocks()
    private let clockError: Duration

    /// Makes services.
    ///
    /// - Parameters:
    ///   - clockError: Added to the wall clock.
    ///   - caFile: The authorities to trust, for services that speak TLS.
    public init(clockError: Duration = .zero, caFile: String? = nil) {
        self.clockError = clockError
        client = HTTPClient(configuration: HTTPConfiguration(caFile: caFile) { $0 == "TABARD_FORBID_LINK_LOCAL" ? "1" : nil })
    }

    /// A call that must be done in half a minute.
    public var call: PluginCall {
        PluginCall(deadline: clocks.monotonicNanoseconds + 30_000_000_000, isOneShot: true, services: self)
    }

    /// The real one.
    public var monotonicNanoseconds: Int64 { clocks.monotonicNanoseconds }
    /// The real one, wrong by `clockError`.
    public var unixTime: UTCTime { UTCTime(unixNanoseconds: clocks.unixNanoseconds).adding(clockError) }
    /// Never.
    public var isCancelled: Bool { false }
    /// None.
    public func keeps(_ level: LogLevel) -> Bool { false }
    /// Nothing.
    public func log(_ level: LogLevel, _ text: String) {}

    /// Refuses.
    public func sleep(until moment: Int64) throws(Failure) {
        throw Failure(.internalFault, attempting: "waiting", reason: "no test against a live service waits")
    }

    /// Performs the exchange.
    public func http(_ request: PluginHTTPRequest) throws(Failure) -> PluginHTTPResponse {
        var headers = HTTPHeaders()
        for field in request.headers {
            switch field.value {
            case .text(let text): headers.add(field.name, text)
            case .secret(let secret): headers.add(field.name, secret: secret)
            }
        }
        let response = try client.perform(
            HTTPRequest(
                method: request.method, url: try WebURL(request.url), headers: headers, body: request.body, timeout: request.timeout,
                maximumBody: request.maximumBody ?? 1 << 20, isMetadata: request.isMetadata),
            until: clocks.monotonicNanoseconds + 30_000_000_000, cancellation: nil)
        return PluginHTTPResponse(
            status: response.status,
            headers: response.headers.entries.compactMap { field in
                if case .text(let text) = field.value { (field.name, text) } else { nil }
            }, body: response.body)
    }
}
