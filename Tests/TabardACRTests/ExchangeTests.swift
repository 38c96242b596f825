import Synchronization
import TabardCore
import TabardJSON
import TabardPluginKit
import TabardTestSupport
import Testing

@testable import TabardACR

@Suite struct ExchangeTests {
    static func cases() throws -> [ExchangeCase] {
        try ["acr/exchanges.json", "acr/identities.json"].flatMap { file in
            try Fixtures.json(file).elements.map { ExchangeCase(node: $0) }
        }
    }

    @Test(arguments: try cases())
    func `the provider does what the case says`(_ exchange: ExchangeCase) throws {
        let number = Mutex(0)
        let host = FakePluginHost(exchangesTake: exchange.eachTakes) { _ throws(Failure) in
            try exchange.answer(
                number.withLock { count in
                    defer { count += 1 }
                    return count
                })
        }
        do throws(Failure) {
            let provider = try ACRProvider(settings: exchange.settings, surroundings: exchange.surroundings)
            #expect(provider.matches(exchange.request) == exchange.matches)
            let reply = try provider.provide(exchange.request, call: host.call)
            check(reply, exchange.reply, now: host.unixTime)
        } catch {
            check(error, exchange.failure)
        }
        #expect(host.sleeps.count == exchange.sleeps)
        #expect(host.requests.map(\.url) == exchange.requests.map { $0["url"]?.string ?? "" })
        for (request, expected) in zip(host.requests, exchange.requests) {
            #expect(request.method == expected["method"]?.string)
            let body = request.body?.withBytes { String(decoding: $0, as: UTF8.self) }
            #expect(body == expected["body"]?.string)
            #expect(request.header("Content-Type") == body.map { _ in "application/x-www-form-urlencoded" })
            #expect(request.maximumBody != nil && request.timeout != nil)
            // Never through a proxy, and nothing else so.
            #expect(request.isMetadata == request.url.contains("/metadata/identity/"))
            #expect(request.header("Metadata") == (request.isMetadata ? "true" : nil))
        }
        if let log = exchange.log { #expect(host.lines.contains { $0.text.contains(log) }, "\(host.lines)") }
        for line in host.lines { #expect(!line.text.contains("canary"), "a secret in the log: \(line.text)") }
    }

    private func check(_ reply: ProviderReply, _ expected: JSONNode?, now: UTCTime) {
        guard let expected else {
            Issue.record("it gave a reply instead of a failure")
            return
        }
        let patterns = expected["patterns"]?.elements.compactMap(\.string) ?? [expected["pattern"]?.string ?? ""]
        #expect(reply.entries.map(\.pattern) == patterns)
        let entry = reply.entries.first
        #expect(entry?.username == "00000000-0000-0000-0000-000000000000")
        #expect(entry?.password.hasSameBytes(as: Secret(expected["password"]?.string ?? "")) == true)
        #expect(reply.scope?.rawValue == expected["scope"]?.string ?? "Registry")
        #expect(reply.duration == expected["duration"]?.int64.map { .seconds($0) })
        #expect(reply.expires == expected["expires"]?.int64.map { now.adding(.seconds($0)) })
        #expect(entry?.expires == reply.expires)
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
        #expect(failure.httpStatus == expected["status"]?.int64.map { Int($0) })
        #expect(!failure.description.contains("canary"), "a secret in \(failure)")
    }
}
