import TabardCore
import TabardJSON

/// `azure.json`, as the nodes of AKS have it and acr-credential-provider reads it: what it says about an identity. The names of its fields are
/// compared without regard to case.
struct AzureConfigFile: Sendable {
    /// What proves the identity, in the order in which Azure's cloud provider decides.
    enum Proof: Sendable {
        /// A token file of a cluster that Entra ID trusts.
        case federated(path: String)
        /// What Azure gave to the machine.
        case managed(ManagedIdentity.Name)
        /// A password.
        case secret(Secret)
        /// A certificate with its key, in a file.
        case certificate(path: String, password: Secret?)
    }

    /// `tenantId`.
    let tenant: String?
    /// `aadClientId`.
    let client: String?
    /// Nil when the file has none.
    let proof: Proof?
    /// Where Entra ID gives out tokens, by `cloud`; nil for a cloud that describes itself in a file of its own.
    let authority: String?
    /// Whether `cloud` is AzureStackCloud.
    let isStack: Bool
    /// The fields that say nothing here, in the order of the file.
    let unused: [String]

    /// Reads the file's content.
    ///
    /// - Throws: `.invalid` naming the place and the field, never a value.
    init(_ content: Secret, path: String) throws(Failure) {
        let source = JSONSource(path, attempting: "reading Azure's configuration file", code: .invalid)
        let root = try JSONDocument(reading: content, from: source).root.asObject()
        var fields: [String: JSONNode] = [:]
        for member in root.members where !member.value.isNull { fields[member.key.lowercased()] = member.value }
        var used: Set<String> = ["cloud", "tenantid", "aadclientid"]
        func text(_ name: String) throws(Failure) -> String? {
            guard let text = try fields[name]?.asString(), !text.isEmpty else { return nil }
            return text
        }
        func secret(_ name: String) throws(Failure) -> Secret? {
            guard let secret = try fields[name]?.asSecret(), !secret.isEmpty else { return nil }
            return secret
        }
        func flag(_ name: String) throws(Failure) -> Bool {
            used.insert(name)
            guard let node = fields[name] else { return false }
            // Templates of clusters write the word as a text too.
            switch node.string?.lowercased() {
            case "true": return true
            case "false", "": return false
            default: return try node.asBool()
            }
        }
        tenant = try text("tenantid").map { (text) throws(Failure) in try AzureText.tenant(text, from: "tenantId of \(path)") }
        // AKS writes "msi" where a managed identity leaves nothing to write.
        let client = try text("aadclientid").flatMap { $0.lowercased() == "msi" ? nil : $0 }
        self.client = try client.map { (text) throws(Failure) in try AzureText.client(text, from: "aadClientId of \(path)") }
        let isFederated = try flag("usefederatedworkloadidentityextension")
        let isManaged = try flag("usemanagedidentityextension")
        if isFederated {
            used.insert("aadfederatedtokenfile")
            guard let file = try text("aadfederatedtokenfile") else {
                throw root.failure("has no aadFederatedTokenFile", advice: "name the token's file there")
            }
            proof = .federated(path: file)
        } else if isManaged {
            used.insert("userassignedidentityid")
            let name = try text("userassignedidentityid").map { (text) throws(Failure) in
                try ManagedIdentity.name(text, from: "userAssignedIdentityID of \(path)")
            }
            proof = .managed(name ?? .system)
        } else if let secret = try secret("aadclientsecret"), !secret.hasSameBytes(as: Secret("msi")) {
            used.insert("aadclientsecret")
            proof = .secret(try AzureText.secret(secret, from: "aadClientSecret of \(path)"))
        } else if let file = try text("aadclientcertpath") {
            used.formUnion(["aadclientcertpath", "aadclientcertpassword"])
            proof = .certificate(path: file, password: try secret("aadclientcertpassword"))
        } else {
            proof = nil
        }
        let cloud = try text("cloud")?.lowercased()
        isStack = cloud == "azurestackcloud"
        switch cloud {
        case nil, "azurestackcloud": authority = nil
        case "azurepubliccloud", "azurecloud", "public": authority = AzureCloud.global.authority
        case "azurechinacloud": authority = AzureCloud.china.authority
        case "azureusgovernmentcloud", "azureusgovernment": authority = AzureCloud.usGovernment.authority
        case "azuregermancloud": authority = AzureCloud.germany.authority
        default:
            throw (fields["cloud"] ?? root).failure(
                "is no cloud that is known",
                advice: "use AzurePublicCloud, AzureChinaCloud, AzureUSGovernmentCloud, AzureGermanCloud or AzureStackCloud")
        }
        unused = root.members.map(\.key).filter { !used.contains($0.lowercased()) }
    }

    /// Where a cloud of one's own gives out tokens: `activeDirectoryEndpoint` of the file that AZURE_ENVIRONMENT_FILEPATH names.
    static func stackAuthority(_ content: Secret, path: String) throws(Failure) -> String {
        let source = JSONSource(path, attempting: "reading the description of Azure Stack", code: .invalid)
        let root = try JSONDocument(reading: content, from: source).root.asObject()
        guard let node = root.members.first(where: { $0.key.lowercased() == "activedirectoryendpoint" })?.value else {
            throw root.failure("has no activeDirectoryEndpoint", advice: "set authorityHost instead")
        }
        return try node.asString()
    }
}
