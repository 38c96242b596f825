import TabardCore
import TabardPluginKit
import TabardSigning
import TabardSystem

/// Sends requests to AWS services: signs, tries again where that helps, corrects a wrong clock once, and says in words why it failed.
final class AWSClient: Sendable {
    private let keys = Monitor(SigV4KeyCache())
    private let retries: AWSRetries

    init(retries: AWSRetries) { self.retries = retries }

    /// Sends `request`.
    ///
    /// - Parameter credentials: What to sign with; nil sends it unsigned.
    /// - Returns: An answer of status 200.
    /// - Throws: The refusal in words: `.denied`, `.unavailable`, `.badResponse`, or what the exchange itself threw.
    func send(_ request: AWSRequest, credentials: AWSCredentials?, call: PluginCall) throws(Failure) -> PluginHTTPResponse {
        var correction = Duration.zero
        return try retries.run(call) { () throws(Failure) in
            while true {
                let time = call.unixTime.adding(correction)
                let exchange = keys.withLock { request.exchange(credentials: credentials, at: time, keys: &$0) }
                let response = try call.http(exchange)
                if response.status == 200 { return response }
                let refusal = AWSRefusal(response, now: call.unixTime)
                if credentials != nil, correction == .zero, refusal.mayBeClock, let skew = refusal.skew, skew.isSuspicious {
                    call.log(.warning, "this machine's clock is \(skew) AWS's; signing with AWS's time")
                    correction = skew.ahead
                    continue
                }
                throw refusal.failure(of: request, credentials: credentials)
            }
        }
    }
}
