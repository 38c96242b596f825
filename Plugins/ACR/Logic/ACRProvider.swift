public import TabardCore
public import TabardPluginKit

/// Registry credentials for Azure Container Registry, by an application, a Pod or the machine.
///
/// What proves the identity goes to Entra ID alone. Entra's token, which opens more than one registry, goes to Azure's own registries and to
/// those that the operator named (`matchImages`): the host is judged before anything is asked for. What is handed out opens one registry.
public final class ACRProvider: CredentialProvider {
    /// `azure-acr`.
    public static let descriptor = ProviderDescriptor(
        id: "azure-acr", title: "Azure Container Registry", patterns: ACRHost.patterns,
        settings: [
            SettingDescription("tenantID", "the directory of the identity: a GUID or a domain; default AZURE_TENANT_ID"),
            SettingDescription("clientID", "the application (client) id; default AZURE_CLIENT_ID"),
            SettingDescription("clientSecretFile", "a file with the application's secret, read at each call", kind: .path),
            SettingDescription(
                "clientCertificateFile", "a file with the application's certificate and RSA key, PEM or PKCS#12, read at each call",
                kind: .path),
            SettingDescription(
                "clientCertificatePasswordFile", "a file with that file's password; default AZURE_CLIENT_CERTIFICATE_PASSWORD", kind: .path),
            SettingDescription(
                "sendCertificateChain",
                "whether the certificate goes along, for trust by subject name and issuer; default AZURE_CLIENT_SEND_CERTIFICATE_CHAIN",
                kind: .flag),
            SettingDescription(
                "federatedTokenFile", "a file with a token of an issuer that the application trusts, read at each call", kind: .path),
            SettingDescription(
                "managedIdentity", "an identity of this machine: system, a client id, object: and an object id, or a resource id"),
            SettingDescription(
                "metadataEndpoint", "where instance metadata is; default AZURE_POD_IDENTITY_AUTHORITY_HOST, then http://169.254.169.254",
                kind: .url),
            SettingDescription(
                "configFile", "azure.json as acr-credential-provider reads it, used where no setting above names an identity", kind: .path),
            SettingDescription(
                "serviceAccount",
                "what a Pod's service account token is for: require, prefer (the machine's identity where the account names no client id),"
                    + " never; default prefer"),
            SettingDescription(
                "azure", "whether this machine is Azure's, so that Azure is waited for until the deadline; default: what its firmware says",
                kind: .flag),
            SettingDescription(
                "registryMirrors", "source:destination: images of source get the password of the Azure registry destination",
                isRepeated: true),
            SettingDescription(
                "pullOnly", "whether the password is a token that only pulls the image's repository; default false", kind: .flag),
            SettingDescription(
                "authorityHost", "where Entra ID gives out tokens; default AZURE_AUTHORITY_HOST, then the registry's own cloud", kind: .url),
            SettingDescription(
                "audience", "what Entra's token is asked for; default https://containerregistry.azure.net, in every cloud", kind: .url),
            SettingDescription(
                "matchImages", "more images to serve: their registries are trusted with Entra's token", kind: .pattern, isRepeated: true),
        ],
        isConcurrent: true, usesServiceAccount: true,
        // Entra exchanges the token for the application that the annotations name; Pods without them go on with the node's identity.
        tokenAttributes: TokenAttributes(
            audience: "api://AzureADTokenExchange", requiresServiceAccount: false, cacheType: .serviceAccount,
            optionalAnnotationKeys: AzureIdentitySource.clientAnnotations + AzureIdentitySource.tenantAnnotations))

    private let source: AzureIdentitySource
    private let authority: EntraAuthority?
    private let audience: String
    private let patterns: [ImagePattern]
    private let mirrors: [RegistryMirror]
    private let pullsOnly: Bool
    private let machine: AzureMachine
    private let surroundings: Surroundings

    /// Reads the settings; the environment and files are read anew in each call.
    public convenience init(settings: ProviderSettings, call: PluginCall) throws(Failure) {
        try self.init(settings: settings, surroundings: .real)
    }

    init(settings: ProviderSettings, surroundings: Surroundings) throws(Failure) {
        source = try AzureIdentitySource(settings: settings, surroundings: surroundings)
        authority = try settings["authorityHost"].map { (text) throws(Failure) in
            try EntraAuthority(named: text, in: "setting authorityHost")
        }
        let audience = settings["audience"] ?? "https://containerregistry.azure.net"
        self.audience = audience.hasSuffix("/") ? String(audience.dropLast()) : audience
        patterns = try settings.operatorPatterns()
        mirrors = try RegistryMirror.all(in: settings)
        pullsOnly = settings.flag("pullOnly")
        machine = AzureMachine(
            surroundings: surroundings, setting: settings["azure"].map { $0 == "true" }, isConfigured: source.isConfiguredForAzure)
        self.surroundings = surroundings
    }

    /// Azure's own registries, what is mirrored in one, and what the operator added.
    public func matches(_ request: PluginRequest) -> Bool {
        ACRHost(request.registry) != nil || mirrors.contains { $0.covers(request) } || isNamedByOperator(request)
    }

    private func isNamedByOperator(_ request: PluginRequest) -> Bool { patterns.contains { $0.matches(name: request.image) } }

    /// Obtains Entra's token and exchanges it for the registry's.
    public func provide(_ request: PluginRequest, call: PluginCall) throws(Failure) -> ProviderReply {
        let mirror = mirrors.first { $0.covers(request) }
        let registry = mirror?.destination ?? request.registry
        let host = ACRHost(registry)
        guard host != nil || mirror != nil || isNamedByOperator(request) else {
            throw Failure(
                .notMine, attempting: "reading a registry's name", on: request.registry,
                reason: "it is not a name that Azure gives to a registry's login server",
                advice: "if it is one under another name, add it to matchImages")
        }
        let isAzures = machine.isAzures
        let retries = PatientRetries(budget: RetryBudget(random: surroundings.random)) { isAzures }
        let identity = try source.identity(for: request, call: call)
        let token: Secret
        switch identity {
        case .principal(let principal):
            let question = EntraTokenRequest(
                endpoint: try chosenAuthority(for: host, call: call).tokenEndpoint(tenant: principal.tenant), principal: principal,
                audience: audience)
            call.log(.info(2), "asking \(question.endpoint.authority) for a token for \(registry) as client \(principal.client)")
            token = try question.perform(retries: retries, call: call)
        case .managed(let managed):
            call.log(.info(2), "asking \(managed.endpoint) for a token for \(registry) as \(managed.words)")
            token = try managed.token(audience: audience, retries: retries, isAzures: isAzures, call: call)
        }
        let exchange = ACRExchange(registry: registry, host: host, identity: identity, retries: retries)
        let answer = try exchange.perform(token, call: call)
        var (response, password) = (answer.response, try ACRRefreshToken(parsing: answer.response.body, from: registry))
        if pullsOnly {
            // A mirror's repositories have the names of the source's.
            response = try exchange.pullToken(for: request.repository, refresh: password.value, at: answer.service, call: call)
            password = try ACRRefreshToken(parsing: response.body, from: registry, field: "access_token")
        }
        var reply = reply(password, for: pullsOnly ? request.image : mirror?.source ?? request.registry, response, call: call)
        // What is true of a part of a registry must not be kept for all of it.
        if pullsOnly || mirror?.source.contains("/") == true { reply.scope = .image }
        if let entry = reply.entries.first, registry != request.registry, !pullsOnly {
            reply.entries.append(
                AuthEntry(
                    pattern: registry, username: entry.username, password: entry.password, origin: entry.origin, expires: entry.expires))
        }
        return reply
    }

    private func chosenAuthority(for host: ACRHost?, call: PluginCall) throws(Failure) -> EntraAuthority {
        if let authority { return authority }
        if let text = surroundings.variable("AZURE_AUTHORITY_HOST") { return try EntraAuthority(named: text, in: "AZURE_AUTHORITY_HOST") }
        if let found = try source.authority(call) { return try EntraAuthority(named: found.text, in: found.place) }
        return try EntraAuthority(of: host?.cloud ?? .global)
    }

    /// What is kept back of a token's life: a pull that starts just before the end must still get through its layers.
    private static let margin = Duration.seconds(60)
    /// More than a registry gives; a longer life is a mistake.
    private static let longest = Duration.seconds(86_400)

    /// The reply, its expiry on this machine's clock: what is left is counted from the answer's own date.
    private func reply(
        _ token: ACRRefreshToken, for pattern: String, _ response: PluginHTTPResponse, call: PluginCall
    ) -> ProviderReply {
        var reply = ProviderReply.basic(
            for: pattern, username: "00000000-0000-0000-0000-000000000000", password: token.value, scope: .registry, duration: .zero)
        guard let expires = token.expires else { return reply }
        let now = call.unixTime
        if let skew = response.clockSkew(now: now), skew.isSuspicious {
            call.log(.warning, "this machine's clock is \(skew) that of the registry of \(pattern)")
        }
        let left = min(Self.longest, response.remaining(until: expires, now: now))
        guard left > .zero else {
            call.log(
                .warning,
                "the token for \(pattern) had expired before it arrived (\(expires.rfc3339)); it is used once and not kept")
            return reply
        }
        reply.duration = max(.zero, left - Self.margin)
        reply.expires = now.adding(left)
        reply.entries[0].expires = reply.expires
        return reply
    }
}
