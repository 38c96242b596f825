public import TabardCore
public import TabardPluginKit

/// The provider `google-container-registry`: an access token for Google's registries, of the machine's service account or of the person
/// whose application default credentials lie in a file.
///
/// The token opens every Google API that the account may use, not only the registry. So it goes to Google's registries, to the hosts that
/// the operator named (`matchImages`), and to nothing else: the host is judged before the token is asked for.
public struct GoogleContainerRegistryProvider: CredentialProvider {
    /// Who it is and which images it serves.
    public static let descriptor = ProviderDescriptor(
        id: "google-container-registry",
        title: "Google Artifact Registry and Container Registry",
        patterns: GoogleRegistry.patterns,
        settings: [
            MetadataServer.setting, CredentialsFile.setting, AuthorizedUser.setting,
            SettingDescription(
                "matchImages", "more images to serve: their registries are trusted with the token", kind: .pattern,
                isRepeated: true),
        ],
        isConcurrent: true)

    private let metadata: MetadataServer
    private let file: CredentialsFile?
    private let tokenEndpoint: WebURL
    private let budget: RetryBudget
    private let operatorPatterns: [ImagePattern]

    /// Makes an instance on the real machine.
    public init(settings: ProviderSettings, call: PluginCall) throws(Failure) {
        try self.init(settings: settings, surroundings: .real)
    }

    /// Makes an instance on a machine of the caller's making.
    package init(settings: ProviderSettings, surroundings: Surroundings) throws(Failure) {
        metadata = try MetadataServer(setting: settings[MetadataServer.setting.key], surroundings: surroundings)
        let file = CredentialsFile(setting: settings[CredentialsFile.setting.key], surroundings: surroundings)
        // Who named a metadata server means it: what gcloud left in a home folder does not count then.
        self.file = metadata.isNamed && file?.isNamed == false ? nil : file
        tokenEndpoint = try WebURL(settings[AuthorizedUser.setting.key] ?? "https://oauth2.googleapis.com/token")
        budget = RetryBudget(random: surroundings.random)
        operatorPatterns = try settings.operatorPatterns()
    }

    /// Whether the image lies in one of Google's registries or one that the operator named.
    public func matches(_ request: PluginRequest) -> Bool {
        GoogleRegistry(host: request.registry) != nil || isNamedByOperator(request)
    }

    private func isNamedByOperator(_ request: PluginRequest) -> Bool {
        operatorPatterns.contains { $0.matches(name: request.image) }
    }

    /// Asks the token endpoint or the metadata server for a token.
    public func provide(_ request: PluginRequest, call: PluginCall) throws(Failure) -> ProviderReply {
        let registry = GoogleRegistry(host: request.registry)
        guard registry != nil || isNamedByOperator(request) else {
            throw Failure(
                .notMine, attempting: "deciding whether a registry may see a Google token", on: request.registry,
                reason: "it is not one of Google's", advice: "add it to matchImages if it is to get the token")
        }
        let person = try personInFile(call)
        if case .universe(let domain) = registry, !isNamedByOperator(request) {
            let own = if let person { person.universe } else { try machineUniverse(call) }
            try checkUniverse(is: domain, own: own, of: request)
        }
        let token: AccessToken
        if let person, let file {
            token = try person.user.accessToken(at: tokenEndpoint, from: file.path, call: call, budget: budget)
        } else {
            let path = "instance/service-accounts/default/token"
            token = try metadata.get(path, call: call) { (response) throws(Failure) in
                try AccessToken(response, source: path, now: call.unixTime)
            }
            if request.isFresh { try checkScopes(call) }
        }
        // The scope is the registry: the token opens all of Google's, but an entry names one host, and the kubelet offers a reply of scope
        // "Global" to images whose host no entry of it names. "Image" would ask again for each image of a node that starts.
        return .basic(
            for: request.registry, username: "oauth2accesstoken", password: token.value, scope: .registry, duration: token.keepable,
            expires: token.expires)
    }

    /// The person whose credentials lie in the file; nil when there is none that counts.
    private func personInFile(_ call: PluginCall) throws(Failure) -> (user: AuthorizedUser, universe: String)? {
        guard let file else { return nil }
        do {
            return try file.load()
        } catch {
            // What gcloud left in a home folder need not concern a node.
            if file.isNamed { throw error }
            call.log(.warning, "asking the metadata server instead: \(error)")
            return nil
        }
    }

    private func machineUniverse(_ call: PluginCall) throws(Failure) -> String {
        do {
            return String(try metadata.text("universe/universe-domain", call: call).prefix(253).prefix { !$0.isWhitespace })
        } catch {
            // Servers of Google's own universe may not know the question.
            guard error.httpStatus == 404 else { throw error }
            return "googleapis.com"
        }
    }

    /// A token of one universe is nothing to the registry of another, which others may run: it must not even see it. Costs a call to the
    /// metadata server, which the registries of Google's own universe do not need.
    private func checkUniverse(is domain: String, own: String, of request: PluginRequest) throws(Failure) {
        guard own == domain else {
            throw Failure(
                .notMine, attempting: "deciding whether a registry may see this token", on: request.registry,
                reason: "it belongs to the universe \(domain), the token to \(own)",
                advice: "add it to matchImages if it is to get the token all the same")
        }
    }

    /// Says why the registry refused the last token, if the access scopes of the machine are the reason. Only asked after a refusal: on
    /// the usual way the call would cost as much as the token itself and change nothing.
    private func checkScopes(_ call: PluginCall) throws(Failure) {
        let scopes: String
        do {
            scopes = try metadata.text("instance/service-accounts/default/scopes", call: call)
        } catch {
            call.log(.warning, "cannot tell whether access scopes are why the registry refused the token: \(error)")
            return
        }
        let base = "https://www.googleapis.com/auth/"
        let suffices = scopes.split(whereSeparator: \.isWhitespace).contains {
            $0.hasPrefix("\(base)cloud-platform") || $0.hasPrefix("\(base)devstorage")
        }
        guard suffices else {
            throw Failure(
                .denied, attempting: "checking the access scopes of the machine's service account",
                reason: "none of them lets it read images, so the registry refuses its token",
                advice: "give the machine or node pool the scope cloud-platform or devstorage.read_only")
        }
        call.log(
            .warning, "the registry refused the last token though the access scopes suffice; check the account's roles on the repository")
    }
}
