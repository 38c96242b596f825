public import TabardCore
public import TabardPluginKit

/// The provider `google-dockercfg-url`: registry passwords in a file on a web server that the instance attribute of that name points to.
public struct GoogleDockercfgURLProvider: CredentialProvider {
    /// Who it is. No pattern can say what it serves: the file does.
    public static let descriptor = ProviderDescriptor(
        id: "google-dockercfg-url", title: "Registry passwords behind the URL in the instance attribute google-dockercfg-url", patterns: [],
        settings: [
            MetadataServer.setting, Machine.setting,
            SettingDescription(
                "allowHTTP", "whether the passwords may come over plain HTTP, where anybody on the way reads them", kind: .flag),
        ], isConcurrent: true, matchesAny: true)

    private let metadata: MetadataServer
    private let random: @Sendable () -> Double
    private let allowsHTTP: Bool

    /// Makes an instance on the real machine.
    public init(settings: ProviderSettings, call: PluginCall) throws(Failure) {
        try self.init(settings: settings, surroundings: .real)
    }

    /// Makes an instance on a machine of the caller's making.
    package init(settings: ProviderSettings, surroundings: Surroundings) throws(Failure) {
        metadata = try MetadataServer(settings: settings, surroundings: surroundings)
        random = surroundings.random
        allowsHTTP = settings.flag("allowHTTP")
    }

    /// Reads the attribute, then what it points to.
    public func provide(_ request: PluginRequest, call: PluginCall) throws(Failure) -> ProviderReply {
        let text = try metadata.text("instance/attributes/google-dockercfg-url", call: call)
        let url = try Self.url(text)
        if url.scheme == .http && !url.isLoopback {
            guard allowsHTTP else {
                throw Failure(
                    .denied, attempting: "fetching registry passwords", on: url.origin,
                    reason: "they would come over plain HTTP, and anybody on the way could read and change them",
                    advice: "use https:// in the instance attribute google-dockercfg-url, or set allowHTTP for this provider")
            }
            call.log(.warning, "registry passwords come over plain HTTP from \(url.origin): anybody on the way can read them; use https://")
        }
        return ProviderReply(try RetryBudget(random: random).run(call) { (_) throws(Failure) in try fetch(url, call: call) }, call: call)
    }

    private static func url(_ text: String) throws(Failure) -> WebURL {
        guard let line = text.split(whereSeparator: \.isWhitespace).first, let url = try? WebURL(String(line)) else {
            // Not quoted: such a URL often holds a signature or a password.
            throw Failure(
                .badResponse, attempting: "reading the instance attribute google-dockercfg-url", reason: "it is not an http or https URL",
                advice: "correct the attribute; user and password cannot stand in the URL")
        }
        return url
    }

    private func fetch(_ url: WebURL, call: PluginCall) throws(Failure) -> DockercfgDocument {
        let response = try call.http(PluginHTTPRequest("GET", url.description, maximumBody: 1 << 20))
        guard response.status == 200 else {
            var failure = Failure(
                .badResponse, attempting: "fetching registry passwords", on: url.redacted, reason: "the web server did not give the file",
                advice: "check the URL in the instance attribute google-dockercfg-url; redirects are not followed",
                httpStatus: response.status)
            switch response.status {
            case 401, 403: failure.code = .denied
            case 404, 410: failure.code = .notFound
            case 408, 429, 500, 502, 503, 504:
                failure.code = .unavailable
                failure.retryAfter = response.retryAfter(now: call.unixTime)
            default: break
            }
            throw failure
        }
        return try DockercfgDocument(response.body, source: url.redacted)
    }
}
