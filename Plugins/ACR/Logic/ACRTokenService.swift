import TabardCore
import TabardPluginKit

/// The token service of one registry, where an Entra token becomes a refresh token of the registry
/// (https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md).
struct ACRTokenService: Sendable, Equatable {
    /// Where exchanges are made.
    let url: WebURL
    /// What the registry calls itself.
    let service: String

    /// The one that a registry has unless it says otherwise.
    init(origin: String, service: String) throws(Failure) {
        url = try WebURL("\(origin)/oauth2/exchange")
        self.service = service
    }

    private init(url: WebURL, service: String) {
        self.url = url
        self.service = service
    }

    /// The same, corrected by the registry's challenge; nil when it says nothing that helps.
    ///
    /// A realm at another origin is not followed, whoever names it: Entra's token goes to the registry's own host only. The name of the
    /// service counts even then, for it goes nowhere else: a registry behind a host of the operator's own calls itself by its real name.
    func corrected(by challenge: PluginHTTPResponse) -> ACRTokenService? {
        let fields = challenge.headers.filter { $0.name == "www-authenticate" }.map(\.value)
        guard challenge.status == 401,
            let bearer = AuthenticationChallenge.parse(fields: fields).first(where: { $0.scheme == "bearer" })
        else { return nil }
        var better = url
        if let realm = bearer.parameters["realm"].flatMap({ try? WebURL($0) }), realm.origin == url.origin, realm.path.hasSuffix("/token"),
            let exchange = try? WebURL("\(realm.origin)\(realm.path.dropLast(5))exchange")
        {
            better = exchange
        }
        let name = bearer.parameters["service"].flatMap { (1...255).contains($0.utf8.count) ? $0 : nil }
        let corrected = ACRTokenService(url: better, service: name ?? service)
        return corrected == self ? nil : corrected
    }

    /// The exchange to perform.
    func exchange(token: Secret, tenant: String?) -> PluginHTTPRequest {
        var fields: [(name: String, value: FieldValue)] = [("grant_type", .text("access_token")), ("service", .text(service))]
        if let tenant { fields.append(("tenant", .text(tenant))) }
        fields.append(("access_token", .secret(token)))
        return question(url, FormBody.encode(fields))
    }

    /// The question for an access token that pulls one repository and does nothing else.
    func pullToken(for repository: String, refresh: Secret) throws(Failure) -> PluginHTTPRequest {
        let body = FormBody.encode([
            ("grant_type", .text("refresh_token")), ("service", .text(service)), ("scope", .text("repository:\(repository):pull")),
            ("refresh_token", .secret(refresh)),
        ])
        return question(try WebURL("\(url.origin)\(url.path.dropLast("exchange".utf8.count))token"), body)
    }

    private func question(_ url: WebURL, _ body: Secret) -> PluginHTTPRequest {
        PluginHTTPRequest(
            "POST", url.description, headers: [("Content-Type", .text(FormBody.contentType)), ("Accept", "application/json")], body: body,
            timeout: .seconds(15), maximumBody: 64 << 10)
    }
}
