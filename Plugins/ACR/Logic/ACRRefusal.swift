import TabardCore
import TabardJSON
import TabardPluginKit

/// An answer of a registry's token service that is not 200. Its words are not quoted: whoever answers there has just seen a token.
struct ACRRefusal: Sendable {
    /// The HTTP status.
    let status: Int
    /// The registry's name of the error, such as `UNAUTHORIZED`; empty when the answer has none.
    let code: String
    /// The address that this machine has for the registry, when its network rules are why.
    let refusedAddress: String?
    /// The registry's clock against this machine's.
    let skew: ClockSkew?
    /// How long it asked to be left alone.
    let retryAfter: Duration?

    /// Reads an answer.
    init(_ response: PluginHTTPResponse, now: UTCTime) {
        status = response.status
        skew = response.clockSkew(now: now)
        retryAfter = response.retryAfter(now: now)
        let first = status == 200 ? nil : (try? JSONDocument(parsing: response.body).root)?["errors"]?.elements.first
        let text = first?["code"]?.string ?? ""
        code = text.utf8.count <= 40 && text.utf8.allSatisfy { (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "_") } ? text : ""
        refusedAddress = first?["message"]?.string.flatMap(Self.address)
    }

    /// `client with IP '192.0.2.1' is not allowed access. …`
    private static func address(in message: String) -> String? {
        let parts = message.prefix(200).split(separator: "'", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0].hasSuffix("IP "), parts[2].hasPrefix(" is not allowed"), (2...45).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ "0123456789abcdefABCDEF.:".utf8.contains($0) })
        else { return nil }
        return String(parts[1])
    }

    /// Whether the same may work a little later.
    var isTransient: Bool { status == 429 || status == 408 || status >= 500 }

    /// The failure that tells the operator what to do.
    func failure(of exchange: ACRExchange, attempting attempt: String = ACRExchange.attempt) -> Failure {
        var failure = Failure(.denied, attempting: attempt, on: exchange.registry, reason: "", httpStatus: status)
        let said = code.isEmpty ? "" : " (\(code))"
        switch status {
        case _ where isTransient:
            failure.code = .unavailable
            failure.reason = status == 429 ? "the registry limits the rate of such calls" : "the registry is not available\(said)"
            failure.advice = status == 429 ? "ask less often" : "try again; https://azure.status.microsoft tells of outages"
            failure.retryAfter = retryAfter
        case 403 where refusedAddress != nil || code == "DENIED":
            failure.reason =
                "the registry's network rules do not let this machine in\(refusedAddress.map { ", whose address there is \($0)" } ?? "")"
            failure.advice = "allow the address in the registry's firewall, or use its private endpoint"
        case 401, 403:
            failure.reason = "the registry does not take the token of \(exchange.identity.words)\(said)"
            failure.advice =
                "give that identity the role AcrPull on \(exchange.registry) (or Container Registry Repository Reader where the registry uses repository permissions), and check that the registry is in that tenant"
        default:
            failure.code = .badResponse
            failure.reason = "nothing there exchanges tokens as Azure Container Registry does\(said)"
            failure.advice =
                exchange.host == nil
                ? "check that the host named in matchImages is an Azure registry" : "check the name, and look for a proxy on the way"
        }
        if let skew, skew.isSuspicious { failure.reason += "; this machine's clock is \(skew) the registry's" }
        return failure
    }
}
