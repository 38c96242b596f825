import TabardCore
import TabardJSON
import TabardPluginKit

/// An answer of Entra ID that is not 200, read for what its reader needs: the number of the error and what support finds it by.
///
/// Entra's own description is not quoted: this plugin's words are shorter, and cannot repeat what was sent.
struct EntraRefusal: Sendable {
    /// The HTTP status.
    let status: Int
    /// The number behind `AADSTS`; nil when the answer has none.
    let number: Int?
    /// OAuth's word (RFC 6749, section 5.2), such as `invalid_client`; empty when the answer has none.
    let word: String
    /// `, trace id …, correlation id …`; empty when the answer has none.
    let trace: String
    /// Entra's clock against this machine's.
    let skew: ClockSkew?
    /// How long Entra asked to be left alone.
    let retryAfter: Duration?

    /// Reads an answer.
    init(_ response: PluginHTTPResponse, now: UTCTime) {
        status = response.status
        skew = response.clockSkew(now: now)
        retryAfter = response.retryAfter(now: now)
        let body = try? JSONDocument(parsing: response.body).root
        let text = body?["error"]?.string ?? ""
        word = text.utf8.count <= 40 && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") } ? text : ""
        number =
            body?["error_codes"]?.elements.first?.int64.flatMap { Int(exactly: $0) } ?? Self.number(in: body?["error_description"]?.string)
        trace = [("trace id", "trace_id"), ("correlation id", "correlation_id")].compactMap { name, key in
            Self.identifier(body?[key]?.string).map { ", \(name) \($0)" }
        }.joined()
    }

    /// `AADSTS7000215: …`.
    private static func number(in description: String?) -> Int? {
        guard let description, description.hasPrefix("AADSTS") else { return nil }
        return Int(description.dropFirst(6).prefix(10).prefix { ("0"..."9").contains($0) })
    }

    /// A GUID, as far as nothing else can hide in it.
    private static func identifier(_ text: String?) -> String? {
        guard let text, text.utf8.count == 36,
            text.utf8.allSatisfy({
                $0 == UInt8(ascii: "-") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 | 0x20
            })
        else { return nil }
        return text
    }

    /// The failure that tells the operator what to do.
    func failure(of request: EntraTokenRequest) -> Failure {
        var failure = Failure(
            .denied, attempting: EntraTokenRequest.attempt, on: request.endpoint.authority, reason: "", httpStatus: status)
        guard let number else {
            let isOAuth = !word.isEmpty && (400..<500).contains(status)
            failure.code = isOAuth ? .denied : .badResponse
            failure.reason = isOAuth ? "Entra ID answered \(word)" : "the answer is not Entra ID's own"
            failure.advice = isOAuth ? "" : "check the authority host, and look for a proxy on the way"
            return settled(failure)
        }
        if let known = EntraErrorCode.meaning(of: number, for: request) {
            failure.code = known.code
            failure.reason = "\(known.reason) (AADSTS\(number)\(trace))"
            failure.advice = known.advice
        } else {
            failure.reason = "Entra ID answered AADSTS\(number)\(word.isEmpty ? "" : ", \(word)")\(trace)"
            failure.advice = "look the number up at https://login.microsoftonline.com/error?code=\(number)"
        }
        return settled(failure)
    }

    /// Overload whatever the words, and the clocks when they can be why.
    private func settled(_ failure: Failure) -> Failure {
        var failure = failure
        if status == 429 || status == 408 || status >= 500 {
            failure.code = .unavailable
            failure.advice = status == 429 ? "ask less often" : "try again; https://azure.status.microsoft tells of outages"
            if status == 429 {
                failure.reason = "Entra ID limits the rate of such calls\(trace)"
            } else if number == nil {
                failure.reason = "it is not available"
            }
        }
        if failure.code == .unavailable { failure.retryAfter = retryAfter }
        if let skew, skew.isSuspicious { failure.reason += "; this machine's clock is \(skew) Entra ID's" }
        return failure
    }
}
