import TabardCore
import TabardHTTP
import TabardPluginKit
import TabardSystem

/// A provider's call with the real HTTP client and the real clocks; waiting is refused, so that nothing sleeps.
struct LiveServices: PluginServices {
    private let client = HTTPClient(configuration: HTTPConfiguration { $0 == "TABARD_FORBID_LINK_LOCAL" ? "1" : nil })
    private let clocks = SystemClocks()
    /// Added to the wall clock.
    let clockError: Duration

    init(clockError: Duration = .zero) { self.clockError = clockError }

    var call: PluginCall {
        PluginCall(deadline: clocks.monotonicNanoseconds + 30_000_000_000, isOneShot: true, services: self)
    }

    var monotonicNanoseconds: Int64 { clocks.monotonicNanoseconds }
    var unixTime: UTCTime { UTCTime(unixNanoseconds: clocks.unixNanoseconds).adding(clockError) }
    var isCancelled: Bool { false }
    func keeps(_ level: LogLevel) -> Bool { false }
    func log(_ level: LogLevel, _ text: String) {}

    func sleep(until moment: Int64) throws(Failure) {
        throw Failure(.internalFault, attempting: "waiting", reason: "no test against a live service waits")
    }

    func http(_ request: PluginHTTPRequest) throws(Failure) -> PluginHTTPResponse {
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
