import TabardCore
import TabardPluginKit

@testable import TabardGCE

private let now = UTCTime(unixNanoseconds: 1_800_000_000_000_000_000)
private let noMachine = Surroundings(variable: { _ in nil }, firmware: { _ in nil }, random: { 1 })

/// Reads the input as everything that Google's metadata server, its token endpoint and an operator's files may say.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let body = Secret(copying: input)
    let answer = PluginHTTPResponse(status: 200, headers: [("Metadata-Flavor", "Google")], body: body)
    do {
        let token = try AccessToken(answer, source: "token", now: now)
        require(
            !token.value.isEmpty && token.value.withBytes { $0.allSatisfy { (0x21...0x7E).contains($0) } }, "a token fits into a header")
        require(token.keepable >= .zero && token.keepable <= AccessToken.longest, "a token is kept for hours at most")
        require(token.expires.map { $0 > now && now.adding(token.keepable) < $0 } ?? (token.keepable == .zero), "nothing is kept too long")
    } catch {
        check(error, [.badResponse, .unavailable])
    }
    do {
        let document = try DockercfgDocument(body, source: "attribute")
        for entry in document.entries { require((try? ImagePattern(entry.pattern)) != nil, "an entry is for a pattern") }
        require(Set(document.entries.map(\.pattern)).count == document.entries.count, "patterns differ")
        for problem in document.problems { check(problem, [.badResponse]) }
    } catch {
        check(error, [.badResponse])
    }
    refusals(input, body)
    file(body)
    host(text(input))
}

private func refusals(_ input: UnsafeRawBufferPointer, _ body: Secret) {
    guard let metadata = try? MetadataServer(settings: ProviderSettings(), surroundings: noMachine) else {
        return require(false, "the default address is one")
    }
    for flavor in ["Google", text(input)] {
        for status in [200, 302, 403, 404, 429, 503] {
            let headers = [(name: "Metadata-Flavor", value: flavor), ("Retry-After", text(input)), ("Content-Type", text(input))]
            let answer = PluginHTTPResponse(status: status, headers: headers, body: body)
            do {
                try metadata.check(answer, url: "http://metadata/", path: "instance/service-accounts/default/token", now: now)
                require(status == 200 && flavor == "Google", "only a 200 of Google's is an answer")
            } catch {
                check(error, [.badResponse, .unavailable, .notFound, .denied])
                require(error.retryAfter.map { $0 <= RetryAfter.longest } ?? true, "no wait without an end")
            }
        }
    }
    if let named = try? MetadataServer(settings: ProviderSettings(["metadataHost": text(input)]), surroundings: noMachine) {
        require(named.addresses.allSatisfy { $0.scheme == .http && $0.path == "/" && $0.query == nil }, "an address is a host and a port")
    }
}

/// A credentials file of any type, and the token endpoint's refusal in the same words.
private func file(_ body: Secret) {
    let surroundings = Surroundings(
        variable: { $0 == "GOOGLE_APPLICATION_CREDENTIALS" ? "/file" : nil }, firmware: { _ in nil }, file: { _ in body }, random: { 0 })
    let host = FakePluginHost { _ in PluginHTTPResponse(status: 400, body: body) }
    do {
        let provider = try GoogleContainerRegistryProvider(settings: ProviderSettings(), surroundings: surroundings)
        _ = try provider.provide(PluginRequest(registry: "gcr.io", repository: "app"), call: host.call)
        require(false, "a refusal is no reply")
    } catch {
        check(error, [.invalid, .unsupported, .denied, .notMine, .notFound, .badResponse])
    }
}

private func host(_ text: String) {
    guard GoogleRegistry(host: text) != nil else { return }
    require((try? ImageReference("\(text)/app").registry) == text, "a registry of Google's is a registry")
    require(GoogleRegistry.patterns.contains { (try? ImagePattern($0))?.matches(name: "\(text)/app") == true }, "the patterns reach it")
    require([".io", ".dev", ".com", ".goog", ".fr"].contains { text.hasSuffix($0) }, "it lies in a zone that we know")
}

private func check(_ failure: Failure, _ codes: [Failure.Code]) {
    require(codes.contains(failure.code), "a failure has one of its codes")
    require(failure.description.utf8.count < 2000 && isPrintable(failure.description), "a failure is one line of moderate length")
    require(!failure.reason.isEmpty, "a failure has a reason")
}
