public import TabardCore
public import TabardPluginKit

/// Registry credentials for Azure Container Registry, by a service principal.
///
/// The principal's secret goes to Entra ID alone. Entra's token, which opens more than one registry, goes to Azure's own registries and to
/// those that the operator named (`matchImages`): the host is judged before anything is asked for. What is handed out opens one registry.
public final class ACRProvider: CredentialProvider {
    /// `azure-acr`.
    public static let descriptor = ProviderDescriptor(
        id: "azure-acr", title: "Azure Container Registry", patterns: ACRHost.patterns,
        settings: [
            SettingDescription("tenantID", "the directory of the service principal: a GUID or a domain; default AZURE_TENANT_ID"),
            SettingDescription("clientID", "the application (client) id of the service principal; default AZURE_CLIENT_ID"),
            SettingDescription("clientSecretFile", "a file with its secret, read at each call; default AZURE_CLIENT_SECRET", kind: .path),
            SettingDescription(
                "authorityHost", "where Entra ID gives out tokens; default AZURE_AUTHORITY_HOST, then the registry's own cloud", kind: .url),
            SettingDescription(
                "audience", "what Entra's token is asked for; default https://containerregistry.azure.net, in every cloud", kind: .url),
            SettingDescription(
                "matchImages", "more images to serve: their registries are trusted with Entra's token", kind: .pattern, isRepeated: true),
        ],
        isConcurrent: true)

    private let source: ServicePrincipalSource
    private let authority: EntraAuthority?
    private let audience: String
    private let patterns: [ImagePattern]
    private let surroundings: Surroundings

    /// Reads the settings; the environment and the secret are read anew in each call.
    public convenience init(settings: ProviderSettings, call: PluginCall) throws(Failure) {
        try self.init(settings: settings, surroundings: .real)
    }

    init(settings: ProviderSettings, surroundings: Surroundings) throws(Failure) {
        source = try ServicePrincipalSource(settings: settings, surroundings: surroundings)
        authority = try settings["authorityHost"].map { (text) throws(Failure) in
            try EntraAuthority(named: text, in: "setting authorityHost")
        }
        let audience = settings["audience"] ?? "https://containerregistry.azure.net"
        self.audience = audience.hasSuffix("/") ? String(audience.dropLast()) : audience
        patterns = try settings.operatorPatterns()
        self.surroundings = surroundings
    }

    /// Azure's own registries, and what the operator added.
    public func matches(_ request: PluginRequest) -> Bool { ACRHost(request.registry) != nil || isNamedByOperator(request) }

    private func isNamedByOperator(_ request: PluginRequest) -> Bool { patterns.contains { $0.matches(name: request.image) } }

    /// Asks Entra ID for a token and exchanges it for the registry's.
    public func provide(_ request: PluginRequest, call: PluginCall) throws(Failure) -> ProviderReply {
        let host = ACRHost(request.registry)
        guard host != nil || isNamedByOperator(request) else {
            throw Failure(
                .notMine, attempting: "reading a registry's name", on: request.registry,
                reason: "it is not a name that Azure gives to a registry's login server",
                advice: "if it is one under another name, add it to matchImages")
        }
        let principal = try source.principal()
        let budget = RetryBudget(random: surroundings.random)
        let question = EntraTokenRequest(
            endpoint: try chosenAuthority(for: host).tokenEndpoint(tenant: principal.tenant), principal: principal, audience: audience)
        call.log(.info(2), "asking \(question.endpoint.authority) for a token for \(request.registry) as client \(principal.client)")
        let token = try question.perform(budget: budget, call: call)
        let exchange = ACRExchange(registry: request.registry, host: host, principal: principal, budget: budget)
        let response = try exchange.perform(token, call: call)
        return reply(try ACRRefreshToken(parsing: response.body, from: request.registry), for: request, response, call: call)
    }

    private func chosenAuthority(for host: ACRHost?) throws(Failure) -> EntraAuthority {
        if let authority { return authority }
        if let text = surroundings.variable("AZURE_AUTHORITY_HOST") { return try EntraAuthority(named: text, in: "AZURE_AUTHORITY_HOST") }
        return try EntraAuthority(of: host?.cloud ?? .global)
    }

    /// What is kept back of a token's life: a pull that starts just before the end must still get through its layers.
    private static let margin = Duration.seconds(60)
    /// More than a registry gives; a longer life is a mistake.
    private static let longest = Duration.seconds(86_400)

    /// The reply, its expiry on this machine's clock: what is left is counted from the answer's own date.
    private func reply(
        _ token: ACRRefreshToken, for request: PluginRequest, _ response: PluginHTTPResponse, call: PluginCall
    ) -> ProviderReply {
        var reply = ProviderReply.basic(
            for: request.registry, username: "00000000-0000-0000-0000-000000000000", password: token.value, scope: .registry,
            duration: .zero)
        guard let expires = token.expires else { return reply }
        let now = call.unixTime
        if let skew = response.clockSkew(now: now), skew.isSuspicious {
            call.log(.warning, "this machine's clock is \(skew) that of \(request.registry)")
        }
        let left = min(Self.longest, response.remaining(until: expires, now: now))
        guard left > .zero else {
            call.log(
                .warning,
                "the token for \(request.registry) had expired before it arrived (\(expires.rfc3339)); it is used once and not kept")
            return reply
        }
        reply.duration = max(.zero, left - Self.margin)
        reply.expires = now.adding(left)
        reply.entries[0].expires = reply.expires
        return reply
    }
}
