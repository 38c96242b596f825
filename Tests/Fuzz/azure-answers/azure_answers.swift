import TabardCore
import TabardPluginKit

@testable import TabardACR

private let now = UTCTime(unixNanoseconds: 1_800_000_000_000_000_000)

/// Reads the input as everything that Entra ID and a registry may answer: a token, an exchange, a refusal of either, a challenge;
/// and as what an operator may write: azure.json, a list of mirrors.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let body = Secret(copying: input)
    check(JSONWebToken(body))
    check(JSONWebToken(Secret("e30.\(Base64.encode(input, alphabet: .url, padding: false)).c2ln")))
    do {
        let token = try ACRRefreshToken(parsing: body, from: "r.azurecr.io")
        require(token.value.withBytes { $0.allSatisfy { (0x21...0x7E).contains($0) } }, "a token fits into a header")
        require(!token.value.isEmpty, "a token is something")
        require(token.expires == JSONWebToken(token.value)?.expires, "an expiry is the token's own")
    } catch {
        check(error, [.badResponse])
    }
    do {
        let request = EntraTokenRequest(
            endpoint: try WebURL("https://login.example/t/oauth2/v2.0/token"),
            principal: ServicePrincipal(tenant: "t", client: "c", proof: .secret(Secret("s")), place: "p"), audience: "https://a")
        let exchange = ACRExchange(
            registry: "r.azurecr.io", host: ACRHost("r.azurecr.io"), identity: .principal(request.principal),
            retries: PatientRetries(budget: RetryBudget()) { false })
        for status in [200, 302, 400, 401, 403, 429, 500] {
            let answer = PluginHTTPResponse(status: status, headers: [("Date", text(input)), ("Retry-After", text(input))], body: body)
            check(EntraRefusal(answer, now: now).failure(of: request), [.denied, .badResponse, .unavailable])
            check(ACRRefusal(answer, now: now).failure(of: exchange), [.denied, .badResponse, .unavailable])
        }
        let usual = try ACRTokenService(origin: "https://r.azurecr.io", service: "r.azurecr.io")
        let challenge = PluginHTTPResponse(status: 401, headers: [("WWW-Authenticate", text(input))])
        if let corrected = usual.corrected(by: challenge) {
            require(corrected.url.origin == usual.url.origin, "no challenge leads to another host")
            require(corrected != usual, "a correction is one")
            require((1...255).contains(corrected.service.utf8.count), "a service has a name of moderate length")
        }
    } catch {
        require(false, "constant URLs are URLs")
    }
    do {
        let file = try AzureConfigFile(body, path: "azure.json")
        require(!file.unused.contains { $0.lowercased() == "aadclientid" }, "a field that is used is not called unused")
        if case .managed(.client(let name)) = file.proof { require((1...100).contains(name.utf8.count), "an identity has a moderate name") }
    } catch {
        check(error, [.invalid])
    }
    do {
        let mirrors = try RegistryMirror.all(in: ProviderSettings(["registryMirrors": text(input)]))
        require(mirrors.allSatisfy { !$0.source.isEmpty && !$0.destination.contains("/") }, "a mirror is of something, in a registry")
    } catch {
        check(error, [.invalid])
    }
    if let host = ACRHost(text(input)) {
        require(host.loginServer.hasSuffix(".\(host.cloud.registryDomain)"), "a login server is in its cloud's domain")
        require((try? ImageReference("\(host.loginServer)/app").registry) == host.loginServer, "a login server is a registry")
    }
}

private func check(_ token: JSONWebToken?) {
    guard let token else { return }
    require(token.expires.unixSeconds >= 1 && token.expires.unixSeconds < 9_000_000_000, "an expiry is on the calendar")
}

private func check(_ failure: Failure, _ codes: [Failure.Code]) {
    require(codes.contains(failure.code), "a failure has one of its codes")
    require(failure.description.utf8.count < 1000 && isPrintable(failure.description), "a failure is one line of moderate length")
    require(!failure.reason.isEmpty, "a failure has a reason")
}
