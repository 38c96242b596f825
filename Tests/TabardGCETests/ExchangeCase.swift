import TabardCore
import TabardJSON
import TabardPluginKit
import Testing

/// One line of Fixtures/gce/exchanges.json: an image, a machine, what its metadata server answers, and what must come of it.
struct ExchangeCase: Sendable, CustomTestStringConvertible {
    let node: JSONNode
    var testDescription: String { node["name"]?.string ?? "" }

    var request: PluginRequest {
        PluginRequest(
            registry: node["registry"]?.string ?? "", repository: node["repository"]?.string ?? "",
            serviceAccountToken: node["serviceAccountToken"]?.secret, serviceAccountAnnotations: texts("annotations"),
            isFresh: node["isFresh"]?.bool ?? false)
    }
    var settings: ProviderSettings { ProviderSettings(texts("settings")) }
    var environment: [String: String] { texts("environment") }
    var files: [String: String] { texts("files") }
    /// What its firmware says; `productName` alone stands for most cases.
    var firmware: [String: String] {
        texts("firmware").merging(node["productName"]?.string.map { ["product_name": $0] } ?? [:]) { $1 }
    }
    /// How long each exchange takes on the fake clock.
    var eachTakes: Duration { .seconds(node["eachTakes"]?.int64 ?? 0) }
    var urls: [String] { node["urls"]?.elements.compactMap(\.string) ?? [] }
    var sleeps: Int { Int(node["sleeps"]?.int64 ?? 0) }
    /// The body of the last request, if the case says it.
    var bodies: [String] { [node["body"]?.string].compactMap(\.self) }
    var reply: JSONNode? { node["reply"] }
    var failure: JSONNode? { node["failure"] }
    var log: String? { node["log"]?.string }

    /// The answer to the exchange of that number.
    func answer(_ number: Int) throws(Failure) -> PluginHTTPResponse {
        guard let answers = node["answers"]?.elements, number < answers.count else {
            throw Failure(.internalFault, attempting: "answering exchange \(number)", reason: "the case has no answer for it")
        }
        let answer = answers[number]
        if let code = answer["failure"]?.string {
            throw Failure(Failure.Code(rawValue: code), attempting: "connecting", reason: "Connection refused")
        }
        return PluginHTTPResponse(
            status: Int(answer["status"]?.int64 ?? 0),
            headers: (answer["headers"]?.members ?? []).map { ($0.key, $0.value.string ?? "") }, body: answer["body"]?.secret ?? Secret(""))
    }

    private func texts(_ key: String) -> [String: String] {
        var texts: [String: String] = [:]
        for member in node[key]?.members ?? [] { texts[member.key] = member.value.string }
        return texts
    }
}
