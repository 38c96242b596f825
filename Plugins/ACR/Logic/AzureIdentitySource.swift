import TabardCore
import TabardPluginKit
import TabardSystem

/// Where an identity is written down. The Pod's comes first, then what the settings name, then azure.json, then the variables of Azure's own
/// SDKs in their order (secret, certificate, federated token), then the machine's managed identity.
final class AzureIdentitySource: Sendable {
    private let tenant: String?
    private let client: String?
    private let metadata: String?
    private let sendsChain: Bool?
    private let passwordFile: String?
    private let chosen: Chosen?
    private let policy: ServiceAccountPolicy
    private let configFile: String?
    private let surroundings: Surroundings
    /// Whether the unused fields of azure.json have been said.
    private let hasSaidUnused = Monitor(false)

    /// What the settings name as proof.
    private enum Chosen: Sendable {
        case secret(String)
        case certificate(String)
        case federated(String)
        case managed(ManagedIdentity.Name)
    }

    static let clientAnnotations = ["kubernetes.azure.com/acr-client-id", "azure.workload.identity/client-id"]
    static let tenantAnnotations = ["kubernetes.azure.com/acr-tenant-id", "azure.workload.identity/tenant-id"]

    init(settings: ProviderSettings, surroundings: Surroundings) throws(Failure) {
        tenant = try settings["tenantID"].map { (text) throws(Failure) in try AzureText.tenant(text, from: "setting tenantID") }
        client = try settings["clientID"].map { (text) throws(Failure) in try AzureText.client(text, from: "setting clientID") }
        let managed = try settings["managedIdentity"].map { (text) throws(Failure) in
            try ManagedIdentity.name(text, from: "setting managedIdentity")
        }
        let proofs: [(name: String, chosen: Chosen?)] = [
            ("clientSecretFile", settings["clientSecretFile"].map { .secret($0) }),
            ("clientCertificateFile", settings["clientCertificateFile"].map { .certificate($0) }),
            ("federatedTokenFile", settings["federatedTokenFile"].map { .federated($0) }),
            ("managedIdentity", managed.map { .managed($0) }),
        ]
        let named = proofs.filter { $0.chosen != nil }
        guard named.count < 2 else {
            throw Failure(
                .invalid, attempting: "reading the settings of azure-acr", on: named.map(\.name).joined(separator: ", "),
                reason: "each of them is an identity of its own", advice: "keep one of them")
        }
        chosen = named.first?.chosen
        passwordFile = settings["clientCertificatePasswordFile"]
        sendsChain = settings["sendCertificateChain"].map { $0 == "true" }
        metadata = settings["metadataEndpoint"]
        configFile = settings["configFile"]
        guard let policy = settings["serviceAccount"].map(ServiceAccountPolicy.init) ?? .prefer else {
            throw Failure(
                .invalid, attempting: "reading the settings of azure-acr", on: "serviceAccount",
                reason: "\"\((settings["serviceAccount"] ?? "").prefix(40))\" is none of require, prefer, never", advice: "use one of them")
        }
        self.policy = policy
        self.surroundings = surroundings
    }

    /// Whether the settings name what exists on Azure alone.
    var isConfiguredForAzure: Bool {
        if case .managed = chosen { return true }
        return configFile != nil
    }

    /// The identity for one question. Files are read anew, so that what was replaced holds from the next call on.
    func identity(for request: PluginRequest, call: PluginCall) throws(Failure) -> AzureIdentity {
        let file = try config(call)
        let tenant = try first(self.tenant ?? file?.tenant, or: "AZURE_TENANT_ID", AzureText.tenant(_:from:))
        if let pod = try ofPod(request, tenant: tenant, call: call) { return .principal(pod) }
        if let chosen {
            let client = try first(self.client ?? file?.client, or: "AZURE_CLIENT_ID", AzureText.client(_:from:))
            return try ofSettings(chosen, tenant: tenant, client: client)
        }
        if let file, let configFile {
            guard let identity = try ofFile(file, configFile, tenant: tenant) else {
                throw Failure(
                    .invalid, attempting: "looking for an Azure identity", on: configFile, reason: "it has none",
                    advice: "set useManagedIdentityExtension, or aadClientId and aadClientSecret, or take the setting configFile away")
            }
            return identity
        }
        return try ofEnvironment(tenant: tenant)
    }

    /// Where Entra ID gives out tokens, by azure.json; nil when there is none or it does not say.
    func authority(_ call: PluginCall) throws(Failure) -> (text: String, place: String)? {
        guard let configFile, let file = try config(call) else { return nil }
        guard file.isStack else { return file.authority.map { ($0, configFile) } }
        let name = "AZURE_ENVIRONMENT_FILEPATH"
        guard let path = surroundings.variable(name) else {
            throw Failure(
                .invalid, attempting: "choosing the Entra authority", on: configFile, reason: "its cloud is AzureStackCloud",
                advice: "set \(name) to the file that describes it, or set authorityHost")
        }
        return (
            try AzureConfigFile.stackAuthority(surroundings.file(path, as: "the description of Azure Stack", namedBy: name), path: path),
            path
        )
    }

    // MARK: The Pod

    /// The Pod's own, or nil when the machine's is to be used.
    private func ofPod(_ request: PluginRequest, tenant: String?, call: PluginCall) throws(Failure) -> ServicePrincipal? {
        func refused(_ reason: String, _ advice: String) -> Failure {
            Failure(.denied, attempting: "choosing the identity of the Pod", on: request.registry, reason: reason, advice: advice)
        }
        func annotation(_ names: [String]) -> (text: String, name: String)? {
            for name in names {
                if let text = request.serviceAccountAnnotations[name], !text.isEmpty { return (text, name) }
            }
            return nil
        }
        guard policy != .never else { return nil }
        guard let token = request.serviceAccountToken else {
            guard policy == .require else { return nil }
            throw refused(
                "serviceAccount is \"require\", and the kubelet sent no service account token",
                "set tokenAttributes for this provider in the kubelet's CredentialProviderConfig, audience api://AzureADTokenExchange")
        }
        guard let client = annotation(Self.clientAnnotations) else {
            guard policy != .require else {
                throw refused(
                    "serviceAccount is \"require\", and the service account names no client id",
                    "annotate it with \(Self.clientAnnotations[0]), and list that key in the kubelet's tokenAttributes")
            }
            call.log(
                .warning, "the service account names no client id (\(Self.clientAnnotations[0])): using this machine's identity")
            return nil
        }
        let named = try annotation(Self.tenantAnnotations).map { (found) throws(Failure) in
            try AzureText.tenant(found.text, from: "annotation \(found.name)")
        }
        guard let tenant = named ?? tenant else {
            throw refused(
                "the service account names a client id and no tenant",
                "annotate it with \(Self.tenantAnnotations[0]) too, or set tenantID for all")
        }
        return ServicePrincipal(
            tenant: tenant, client: try AzureText.client(client.text, from: "annotation \(client.name)"), proof: .assertion(token),
            place: "the Pod's service account")
    }

    // MARK: The machine

    private func ofSettings(_ chosen: Chosen, tenant: String?, client: String?) throws(Failure) -> AzureIdentity {
        if case .managed(let name) = chosen { return .managed(try managed(name, tenant: tenant)) }
        guard let tenant, let client else {
            throw missing([
                tenant == nil ? "AZURE_TENANT_ID (setting tenantID)" : nil, client == nil ? "AZURE_CLIENT_ID (setting clientID)" : nil,
            ])
        }
        switch chosen {
        case .secret(let path):
            let content = try surroundings.file(path, as: "the client secret", namedBy: "the setting clientSecretFile")
            return .principal(
                ServicePrincipal(
                    tenant: tenant, client: client, proof: .secret(try AzureText.secret(content, from: path, isFile: true)), place: path))
        case .certificate(let path):
            return .principal(
                ServicePrincipal(
                    tenant: tenant, client: client,
                    proof: .certificate(
                        try certificate(path, namedBy: "the setting clientCertificateFile", password: try password(of: passwordFile))),
                    place: path))
        case .federated(let path):
            return .principal(
                ServicePrincipal(
                    tenant: tenant, client: client, proof: .assertion(try token(path, namedBy: "the setting federatedTokenFile")),
                    place: path))
        case .managed(let name): return .managed(try managed(name, tenant: tenant))
        }
    }

    private func ofFile(_ file: AzureConfigFile, _ path: String, tenant: String?) throws(Failure) -> AzureIdentity? {
        guard let found = file.proof else { return nil }
        if case .managed(let name) = found { return .managed(try managed(name, tenant: tenant)) }
        guard let tenant, let client = client ?? file.client else {
            throw missing([tenant == nil ? "tenantId in \(path)" : nil, (client ?? file.client) == nil ? "aadClientId in \(path)" : nil])
        }
        let proof: ServicePrincipal.Proof
        let place: String
        switch found {
        case .managed: return nil
        case .secret(let secret): (proof, place) = (.secret(secret), "aadClientSecret of \(path)")
        case .certificate(let certificatePath, let password):
            (proof, place) = (
                .certificate(try certificate(certificatePath, namedBy: "aadClientCertPath of \(path)", password: password)), certificatePath
            )
        case .federated(let tokenPath):
            (proof, place) = (.assertion(try token(tokenPath, namedBy: "aadFederatedTokenFile of \(path)")), tokenPath)
        }
        return .principal(ServicePrincipal(tenant: tenant, client: client, proof: proof, place: place))
    }

    private func ofEnvironment(tenant: String?) throws(Failure) -> AzureIdentity {
        let client = try first(self.client, or: "AZURE_CLIENT_ID", AzureText.client(_:from:))
        let secret = "AZURE_CLIENT_SECRET"
        let certificate = "AZURE_CLIENT_CERTIFICATE_PATH"
        let federated = "AZURE_FEDERATED_TOKEN_FILE"
        let set = [secret, certificate, federated].filter { surroundings.variable($0) != nil }
        guard !set.isEmpty else {
            // As azure-identity does: without a proof, AZURE_CLIENT_ID names a managed identity.
            let looked = "none of AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH and AZURE_FEDERATED_TOKEN_FILE is set"
            return .managed(try managed(client.map { .client($0) } ?? .system, tenant: tenant, lookedFor: looked))
        }
        guard let tenant, let client else {
            throw missing([
                tenant == nil ? "AZURE_TENANT_ID (setting tenantID)" : nil, client == nil ? "AZURE_CLIENT_ID (setting clientID)" : nil,
            ])
        }
        func principal(_ proof: ServicePrincipal.Proof, _ place: String) -> AzureIdentity {
            .principal(ServicePrincipal(tenant: tenant, client: client, proof: proof, place: place))
        }
        if let text = surroundings.variable(secret) {
            return principal(.secret(try AzureText.secret(Secret(text), from: secret)), secret)
        }
        if let path = surroundings.variable(certificate) {
            let word = surroundings.variable("AZURE_CLIENT_CERTIFICATE_PASSWORD").map { Secret($0) }
            return principal(.certificate(try self.certificate(path, namedBy: certificate, password: word)), path)
        }
        let path = surroundings.variable(federated) ?? ""
        return principal(.assertion(try token(path, namedBy: federated)), path)
    }

    // MARK: Parts

    private func config(_ call: PluginCall) throws(Failure) -> AzureConfigFile? {
        guard let configFile else { return nil }
        let content = try surroundings.file(configFile, as: "Azure's configuration file", namedBy: "the setting configFile")
        let file = try AzureConfigFile(content, path: configFile)
        let isNews = hasSaidUnused.withLock { said in
            defer { said = true }
            return !said
        }
        if isNews, !file.unused.isEmpty {
            call.log(.info(1), "\(configFile): not needed here: \(file.unused.joined(separator: ", "))")
        }
        return file
    }

    private func first(
        _ written: String?, or name: String, _ check: (String, String) throws(Failure) -> String
    ) throws(Failure) -> String? {
        if let written { return written }
        guard let text = surroundings.variable(name) else { return nil }
        return try check(text, name)
    }

    private func managed(_ name: ManagedIdentity.Name, tenant: String?, lookedFor: String? = nil) throws(Failure) -> ManagedIdentity {
        let variable = "AZURE_POD_IDENTITY_AUTHORITY_HOST"
        let place = metadata == nil ? variable : "setting metadataEndpoint"
        guard let text = metadata ?? surroundings.variable(variable) else {
            return ManagedIdentity(name: name, tenant: tenant, endpoint: ManagedIdentity.standardEndpoint, lookedFor: lookedFor)
        }
        do throws(Failure) {
            let url = try WebURL(text)
            guard url.path == "/", url.query == nil else {
                throw Failure(.invalid, attempting: "", reason: "it has more than a host and a port")
            }
            return ManagedIdentity(name: name, tenant: tenant, endpoint: url.origin, lookedFor: lookedFor)
        } catch {
            throw Failure(
                .invalid, attempting: "choosing the instance metadata endpoint", on: place, reason: error.reason,
                advice: "write it as http://host or http://host:port")
        }
    }

    private func token(_ path: String, namedBy place: String) throws(Failure) -> Secret {
        try AzureText.token(surroundings.file(path, as: "the federated token", namedBy: place), from: path)
    }

    private func password(of path: String?) throws(Failure) -> Secret? {
        guard let path else { return surroundings.variable("AZURE_CLIENT_CERTIFICATE_PASSWORD").map { Secret($0) } }
        let content = try surroundings.file(
            path, as: "the certificate's password", namedBy: "the setting clientCertificatePasswordFile")
        return try AzureText.secret(content, from: path, isFile: true)
    }

    private func certificate(_ path: String, namedBy place: String, password: Secret?) throws(Failure) -> ClientCertificate {
        let word = surroundings.variable("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN")?.lowercased()
        return try ClientCertificate(
            surroundings.file(path, as: "the client certificate", namedBy: place), password: password,
            sendsChain: sendsChain ?? (word == "1" || word == "true"), place: path)
    }

    private func missing(_ parts: [String?]) -> Failure {
        Failure(
            .invalid, attempting: "looking for an Azure identity", reason: "a part of it is missing",
            advice: "set \(parts.compactMap { $0 }.joined(separator: " and "))")
    }
}
