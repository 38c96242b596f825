import Synchronization
import TabardCore
import TabardGCE
import TabardJSON
import TabardPluginKit
import TabardTestSupport
import Testing

@Suite struct ExchangeTests {
    @Test(arguments: try Fixtures.json("gce/exchanges.json").elements.map { ExchangeCase(node: $0) })
    func `the provider does what the case says`(_ exchange: ExchangeCase) throws {
        let number = Mutex(0)
        let host = FakePluginHost(exchangesTake: exchange.eachTakes) { _ throws(Failure) in
            try exchange.answer(
                number.withLock { count in
                    defer { count += 1 }
                    return count
                })
        }
        let environment = exchange.environment
        let productName = exchange.productName
        let surroundings = Surroundings(variable: { environment[$0] }, productName: { productName }, random: { 1 })

        do throws(Failure) {
            let provider = try GoogleContainerRegistryProvider(settings: exchange.settings, surroundings: surroundings)
            let reply = try provider.provide(exchange.request, call: host.call)
            check(reply, exchange.reply, now: host.unixTime)
            #expect(provider.matches(exchange.request))
        } catch {
            check(error, exchange.failure)
        }
        #expect(host.requests.map(\.url) == exchange.urls)
        #expect(host.sleeps.count == exchange.sleeps)
        for request in host.requests {
            #expect(request.header("Metadata-Flavor") == "Google")
            #expect(request.isMetadata)
            #expect(request.maximumBody != nil)
        }
        if let log = exchange.log { #expect(host.lines.contains { $0.text.contains(log) }) }
        for line in host.lines { #expect(!line.text.contains("canary"), "a token in the log: \(line.text)") }
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

    private func check(_ failure: Failure, _ expected: JSONNode?) {
        guard let expected else {
            Issue.record("it failed: \(failure)")
            return
        }
        #expect(failure.code.rawValue == expected["code"]?.string, "\(failure)")
        for text in expected["says"]?.elements.compactMap(\.string) ?? [] {
            #expect(failure.description.contains(text), "\(failure) does not say \(text)")
        }
        if let status = expected["status"]?.int64 { #expect(failure.httpStatus == Int(status)) }
        #expect(!failure.description.contains("canary"), "a token in \(failure)")
        #expect(!failure.description.contains("secret body"))
        #expect(!failure.advice.isEmpty, "no advice in \(failure)")
    }
}
