import Synchronization
import TabardCore
import TabardGCE
import TabardJSON
import TabardPluginKit
import Testing

/// What came of one case.
struct ExchangeRun {
    let host: FakePluginHost
    let result: Result<ProviderReply, Failure>

    init(
        _ exchange: ExchangeCase,
        _ make: (ProviderSettings, Surroundings) throws(Failure) -> any CredentialProvider
    ) {
        let number = Mutex(0)
        host = FakePluginHost(exchangesTake: exchange.eachTakes) { _ throws(Failure) in
            try exchange.answer(
                number.withLock { count in
                    defer { count += 1 }
                    return count
                })
        }
        let environment = exchange.environment
        let firmware = exchange.firmware
        let files = exchange.files
        let surroundings = Surroundings(
            variable: { environment[$0] }, firmware: { firmware[$0] }, file: { files[$0].map { Secret($0) } }, random: { 1 })
        do throws(Failure) {
            result = .success(try make(exchange.settings, surroundings).provide(exchange.request, call: host.call))
        } catch {
            result = .failure(error)
        }
    }

    /// What every case demands: the exchanges, the waits, nothing secret in the log, and a failure that says what the case says.
    func check(_ exchange: ExchangeCase) {
        #expect(host.requests.map(\.url) == exchange.urls)
        #expect(host.sleeps.count == exchange.sleeps)
        for request in host.requests {
            let isMetadata = request.url.contains("/computeMetadata/")
            #expect(request.header("Metadata-Flavor") == (isMetadata ? "Google" : nil))
            // No proxy sees what is asked of this machine's own services.
            #expect(request.isMetadata == (isMetadata || request.method == "GET" && request.url.hasPrefix("http://127.0.0.1")))
            #expect(request.maximumBody != nil)
            #expect(!request.url.contains("canary") || !isMetadata)
        }
        if let log = exchange.log { #expect(host.lines.contains { $0.text.contains(log) }, "\(host.lines)") }
        for line in host.lines { #expect(!line.text.contains("canary"), "a secret in the log: \(line.text)") }
        if case .failure(let failure) = result { check(failure, exchange.failure) }
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
        #expect(!failure.description.contains("canary"), "a secret in \(failure)")
        #expect(!failure.description.contains("secret body"))
    }
}
