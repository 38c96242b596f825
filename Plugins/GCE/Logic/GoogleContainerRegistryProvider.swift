public import TabardCore
public import TabardPluginKit

/// The provider `google-container-registry`: an access token for Google's registries: of the Pod, of whoever's application
/// default credentials lie in a file, or of the machine's service account.
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
            MetadataServer.setting, Machine.setting, CredentialsFile.setting, AuthorizedUser.setting,
            SettingDescription("account", "the machine's service account to use: its e-mail address; default its default one"),
            SettingDescription(
                "scopes",
                "access scopes to ask for where the identity lets choose; default devstorage.read_only, and cloud-platform for"
                    + " federated principals", isRepeated: true),
            SettingDescription(
                "checkScopes", "whether the machine's access scopes are looked at, so that missing ones are told; default true", kind: .flag
            ),
            SettingDescription(
                "signsTokens", "whether a service account's key makes tokens without asking the token endpoint; default false", kind: .flag),
            SettingDescription(
                GoogleEndpoint.setting, "hosts beside Google's that credentials files may send credentials to", isRepeated: true),
            SettingDescription(
                "matchImages", "more images to serve: their registries are trusted with the token", kind: .pattern,
                isRepeated: true),
        ] + PodIdentity.settings,
        isConcurrent: true, usesServiceAccount: true)

    private let metadata: MetadataServer
    private let file: CredentialsFile?
    private let reader: CredentialsReader
    private let pod: PodIdentity
    private let account: String
    private let scopes: [String]?
    private let checksScopes: Bool
    private let operatorPatterns: [ImagePattern]

    /// Makes an instance on the real machine.
    public init(settings: ProviderSettings, call: PluginCall) throws(Failure) {
        try self.init(settings: settings, surroundings: .real)
    }

    /// Makes an instance on a machine of the caller's making.
    package init(settings: ProviderSettings, surroundings: Surroundings) throws(Failure) {
        metadata = try MetadataServer(settings: settings, surroundings: surroundings)
        let file = CredentialsFile(setting: settings[CredentialsFile.setting.key], surroundings: surroundings)
        // Who named a metadata server means it: what gcloud left in a home folder does not count then.
        self.file = metadata.isNamed && file?.isNamed == false ? nil : file
        reader = try CredentialsReader(settings: settings, surroundings: surroundings, place: file?.path ?? "")
        pod = try PodIdentity(settings, service: reader.service)
        account = try Self.account(settings["account"])
        scopes = try Self.scopes(settings.all("scopes"))
        checksScopes = settings.flag("checkScopes", default: true)
        operatorPatterns = try settings.operatorPatterns()
    }

    /// It becomes part of a path.
    private static func account(_ text: String?) throws(Failure) -> String {
        guard let text else { return "default" }
        let isName = text.utf8.allSatisfy {
            (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || [0x2D, 0x2E, 0x40, 0x5F].contains($0)
        }
        guard isName, !text.isEmpty, text != ".", text != ".." else {
            throw Failure(
                .invalid, attempting: "reading the settings of google-container-registry", on: "account",
                reason: "it is no e-mail address of a service account", advice: "gcloud compute instances describe shows the machine's")
        }
        return text
    }

    private static func scopes(_ texts: [String]) throws(Failure) -> [String]? {
        let base = "https://www.googleapis.com/auth/"
        let scopes = texts.map { $0.hasPrefix("https://") ? $0 : base + $0 }
        for scope in scopes {
            let isScope = scope.utf8.allSatisfy { (0x21...0x7E).contains($0) && ![0x22, 0x26, 0x2C, 0x23, 0x5C].contains($0) }
            guard isScope, AccessScope.allowsPulling(scope) || !scope.hasPrefix(base) else {
                throw Failure(
                    .invalid, attempting: "reading the settings of google-container-registry", on: "scopes",
                    reason: "\"\(scope.prefix(100))\" is no scope that lets images be read",
                    advice: "use devstorage.read_only or cloud-platform")
            }
        }
        return scopes.isEmpty ? nil : scopes
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
        let source = try pod.source(for: request, call: call)
        let found: (source: any TokenSource, universe: String)? =
            if let source { (source, CredentialsReader.googleUniverse) } else { try sourceInFile(call) }
        if let registry, !isNamedByOperator(request) {
            // The machine is asked only for registries of other universes: it costs a call.
            let own =
                if let found {
                    found.universe
                } else if registry.universe == CredentialsReader.googleUniverse {
                    registry.universe
                } else {
                    try machineUniverse(call)
                }
            try checkUniverse(is: registry.universe, own: own, of: request)
        }
        let token: AccessToken
        if let source = found?.source {
            token = try source.accessToken(scopes: scopes, call: call)
            call.log(.info(2), "a token of \(source.account) for \(request.registry)")
        } else {
            token = try machineToken(call)
            if checksScopes || request.isFresh { try checkScopes(wasRefused: request.isFresh, call) }
        }
        // The scope is the registry: the token opens all of Google's, but an entry names one host, and the kubelet offers a reply of scope
        // "Global" to images whose host no entry of it names. "Image" would ask again for each image of a node that starts.
        return .basic(
            for: request.registry, username: "oauth2accesstoken", password: token.value, scope: .registry, duration: token.keepable,
            expires: token.expires)
    }

    private func machineToken(_ call: PluginCall) throws(Failure) -> AccessToken {
        let path = "instance/service-accounts/\(account)/token"
        let query = scopes.map { "?scopes=\($0.joined(separator: ","))" } ?? ""
        return try metadata.get(path + query, call: call) { (response) throws(Failure) in
            try AccessToken(response, source: path, now: call.unixTime)
        }
    }

    /// The source in the credentials file; nil when there is none that counts.
    private func sourceInFile(_ call: PluginCall) throws(Failure) -> (source: any TokenSource, universe: String)? {
        guard let file else { return nil }
        do {
            return try file.load(reader)
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

    /// Says when the access scopes of the machine are the reason why a registry will refuse its token, or did: nothing else tells the
    /// operator.
    private func checkScopes(wasRefused: Bool, _ call: PluginCall) throws(Failure) {
        let granted: String
        do {
            granted = try metadata.text("instance/service-accounts/\(account)/scopes", call: call)
        } catch {
            call.log(wasRefused ? .warning : .info(2), "cannot tell whether the machine's access scopes suffice: \(error)")
            return
        }
        guard granted.split(whereSeparator: \.isWhitespace).contains(where: { AccessScope.allowsPulling($0) }) else {
            throw Failure(
                .denied, attempting: "checking the access scopes of the machine's service account", on: account,
                reason: "none of them lets it read images, so every registry refuses its token",
                advice: "give the machine or node pool the scope cloud-platform or devstorage.read_only")
        }
        guard wasRefused else { return }
        call.log(
            .warning,
            "the registry refused the last token though the access scopes suffice: grant roles/artifactregistry.reader on the repository to"
                + " the service account \(account) (storage.objects.get on the bucket for gcr.io)")
    }
}
