public import TabardCore
public import TabardPluginKit

/// The provider `example-token-service`: asks a company's own token service for a short-lived registry password.
public struct TokenServiceProvider: CredentialProvider {
    /// Who it is and which images it serves.
    public static let descriptor = ProviderDescriptor(
        id: "example-token-service",
        title: "Registry passwords from our token service",
        patterns: ["registry.example.com", "*.registry.example.com"],
        settings: [
            SettingDescription("endpoint", "URL of the token service", kind: .url),
            SettingDescription("apiKey", "what the service knows this node by", isSecret: true),
        ],
        isConcurrent: true)

    private let endpoint: String
    private let apiKey: Secret

    /// Checks the settings. Nothing is asked of the network yet.
    public init(settings: ProviderSettings, call: PluginCall) throws(Failure) {
        guard let endpoint = settings["endpoint"], let apiKey = settings.secret("apiKey") else {
            throw Failure(
                .invalid, attempting: "setting up the token service", reason: "endpoint or apiKey is missing",
                advice: "set both under providers.example-token-service in config.json")
        }
        self.endpoint = endpoint
        self.apiKey = apiKey
    }

    /// Asks for a password, again if the service is busy.
    public func provide(_ request: PluginRequest, call: PluginCall) throws(Failure) -> ProviderReply {
        try RetryBudget().run(call) { (_) throws(Failure) in try ask(request, call) }
    }

    private func ask(_ request: PluginRequest, _ call: PluginCall) throws(Failure) -> ProviderReply {
        let response = try call.http(
            PluginHTTPRequest(
                "GET", "\(endpoint)?registry=\(PercentEncoding.encode(request.registry))", headers: [("Authorization", .secret(apiKey))],
                maximumBody: 4096))
        guard response.status == 200 else {
            throw Failure(
                response.status == 429 || response.status >= 500 ? .unavailable : .denied,
                attempting: "asking the token service", on: endpoint, reason: "it gave no password",
                advice: "check apiKey, and that the service knows \(request.registry)",
                httpStatus: response.status, retryAfter: response.retryAfter(now: call.unixTime))
        }
        let lifetime = response.header("x-lifetime-seconds").flatMap { Int64($0) }
        return .basic(
            for: request.registry, username: "node", password: response.body, scope: .registry,
            expires: lifetime.map { call.unixTime.adding(.seconds($0)) })
    }
}
