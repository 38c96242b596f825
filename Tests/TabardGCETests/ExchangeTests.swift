import TabardCore
import TabardGCE
import TabardJSON
import TabardPluginKit
import TabardTestSupport
import Testing

@Suite struct ExchangeTests {
    @Test(
        arguments: try ["gce/exchanges.json", "gce/credentials-file.json", "gce/accounts.json"].flatMap { try Fixtures.json($0).elements }
            .map {
                ExchangeCase(node: $0)
            })
    func `the provider does what the case says`(_ exchange: ExchangeCase) throws {
        let run = ExchangeRun(exchange) { (settings, surroundings) throws(Failure) in
            try GoogleContainerRegistryProvider(settings: settings, surroundings: surroundings)
        }
        run.check(exchange)
        for body in exchange.bodies {
            #expect(run.host.requests.last?.body?.hasSameBytes(as: Secret(body)) == true)
            #expect(run.host.requests.last?.method == "POST")
        }
        switch run.result {
        case .success(let reply): check(reply, exchange.reply, now: run.host.unixTime)
        case .failure(let failure): #expect(!failure.advice.isEmpty, "no advice in \(failure)")
        }
    }

    private func check(_ reply: ProviderReply, _ expected: JSONNode?, now: UTCTime) {
        guard let expected else {
            Issue.record("it gave a reply instead of a failure")
            return
        }
        #expect(reply.entries.count == 1)
        let entry = reply.entries.first
        #expect(entry?.pattern == expected["pattern"]?.string)
        #expect(entry?.username == "oauth2accesstoken")
        #expect(entry?.password.hasSameBytes(as: Secret(expected["password"]?.string ?? "")) == true)
        #expect(reply.scope == .registry)
        #expect(reply.duration == expected["duration"]?.int64.map { .seconds($0) })
        #expect(reply.expires == expected["expires"]?.int64.map { now.adding(.seconds($0)) })
    }

    @Test func `matching agrees with what is served`() throws {
        let surroundings = Surroundings(variable: { _ in nil }, firmware: { _ in nil }, random: { 1 })
        let settings = ProviderSettings(["matchImages.0": "registry.example.com/project"])
        let provider = try GoogleContainerRegistryProvider(settings: settings, surroundings: surroundings)
        #expect(provider.matches(PluginRequest(registry: "eu.gcr.io", repository: "p/a")))
        #expect(provider.matches(PluginRequest(registry: "registry.example.com", repository: "project/a")))
        #expect(!provider.matches(PluginRequest(registry: "registry.example.com", repository: "other/a")))
        #expect(!provider.matches(PluginRequest(registry: "notgcr.io", repository: "p/a")))
    }
}
