import TabardCore
import TabardJSON
import TabardPluginKit
import TabardSystem
import Testing

@testable import TabardACR

/// One line of Fixtures/acr/exchanges.json: an image, what the operator set up, what Entra ID and the registry answer, what must be sent to
/// whom, and what must come of it.
struct ExchangeCase: Sendable, CustomTestStringConvertible {
    let node: JSONNode
    var testDescription: String { node["name"]?.string ?? "" }

    var request: PluginRequest {
        PluginRequest(
            registry: node["registry"]?.string ?? "", repository: node["repository"]?.string ?? "app",
            serviceAccountToken: node["serviceAccountToken"]?.secret, serviceAccountAnnotations: texts("annotations"))
    }
    /// Whether the provider takes the image at all.
    var matches: Bool { node["matches"]?.bool ?? true }
    var settings: ProviderSettings { ProviderSettings(texts("settings")) }
    /// How long each exchange takes on the fake clock.
    var eachTakes: Duration { .seconds(node["eachTakes"]?.int64 ?? 0) }
    var requests: [JSONNode] { node["requests"]?.elements ?? [] }
    var sleeps: Int { Int(node["sleeps"]?.int64 ?? 0) }
    var reply: JSONNode? { node["reply"] }
    var failure: JSONNode? { node["failure"] }
    var log: String? { node["log"]?.string }

    var surroundings: Surroundings {
        let (environment, files) = (texts("environment"), texts("files"))
        return Surroundings(
            variable: { environment[$0] },
            file: { (path) throws(SystemError) in
                guard let text = files[path] else { throw SystemError("open", on: path, number: 2) }
                return Secret(text)
            }, random: { 1 })
    }

    /// The answer to the exchange of that number.
    func answer(_ number: Int) throws(Failure) -> PluginHTTPResponse {
        guard let answers = node["answers"]?.elements, number < answers.count else {
            throw Failure(.internalFault, attempting: "answering exchange \(number)", reason: "the case has no answer for it")
        }
        let answer = answers[number]
        if let code = answer["failure"]?.string {
            throw Failure(Failure.Code(rawValue: code), attempting: "connecting", reason: "Connection refused", advice: "try again")
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
