import TabardCore
import TabardPluginKit
import Testing
import TokenService

@Suite struct TokenServiceTests {
    let settings = ProviderSettings(["endpoint": "https://tokens.example.com/v1"], secrets: ["apiKey": Secret("key")])
    let request = PluginRequest(registry: "registry.example.com", repository: "team/app")

    @Test func `a password comes with its lifetime`() throws {
        let host = FakePluginHost { _ in
            PluginHTTPResponse(status: 200, headers: [("X-Lifetime-Seconds", "600")], body: Secret("s3cret"))
        }
        let provider = try TokenServiceProvider(settings: settings, call: host.call)
        let reply = try provider.provide(request, call: host.call)
        #expect(host.requests.map(\.url) == ["https://tokens.example.com/v1?registry=registry.example.com"])
        #expect(reply.entries.first?.password.hasSameBytes(as: Secret("s3cret")) == true)
        #expect(reply.expires == host.unixTime.adding(.seconds(600)))
    }

    @Test func `a busy service is asked again, a refusal is not`() throws {
        for (status, exchanges) in [(503, 4), (403, 1)] {
            let host = FakePluginHost { _ in PluginHTTPResponse(status: status) }
            let provider = try TokenServiceProvider(settings: settings, call: host.call)
            #expect(throws: Failure.self) { try provider.provide(request, call: host.call) }
            #expect(host.requests.count == exchanges)
        }
    }

    @Test func `missing settings are named`() {
        let host = FakePluginHost { _ in PluginHTTPResponse(status: 200) }
        #expect(throws: Failure.self) { try TokenServiceProvider(settings: ProviderSettings(), call: host.call) }
    }
}
