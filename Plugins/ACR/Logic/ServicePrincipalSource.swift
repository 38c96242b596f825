import TabardCore
import TabardPluginKit
import TabardSystem

/// Where the service principal is written down: each part in a setting, else in the variable that Azure's own SDKs read.
struct ServicePrincipalSource: Sendable {
    private let tenant: String?
    private let client: String?
    private let secretFile: String?
    private let surroundings: Surroundings

    init(settings: ProviderSettings, surroundings: Surroundings) throws(Failure) {
        tenant = try settings["tenantID"].map { (text) throws(Failure) in try Self.checked(tenant: text, from: "setting tenantID") }
        client = try settings["clientID"].map { (text) throws(Failure) in try Self.checked(client: text, from: "setting clientID") }
        secretFile = settings["clientSecretFile"]
        self.surroundings = surroundings
    }

    /// Reads it anew, so that a secret that was replaced holds from the next call on.
    func principal() throws(Failure) -> ServicePrincipal {
        let tenant = try part(self.tenant, "AZURE_TENANT_ID", Self.checked(tenant:from:))
        let client = try part(self.client, "AZURE_CLIENT_ID", Self.checked(client:from:))
        let found = try secret()
        guard let tenant, let client, let found else {
            let missing = [
                tenant == nil ? "AZURE_TENANT_ID (setting tenantID)" : nil, client == nil ? "AZURE_CLIENT_ID (setting clientID)" : nil,
                found == nil ? "AZURE_CLIENT_SECRET (setting clientSecretFile)" : nil,
            ].compactMap { $0 }
            throw Failure(
                missing.count == 3 ? .notFound : .invalid, attempting: "looking for an Azure service principal",
                reason: missing.count == 3 ? "none is set up" : "a part of it is missing",
                advice: "set \(missing.joined(separator: " and "))")
        }
        return ServicePrincipal(tenant: tenant, client: client, secret: found.secret, secretPlace: found.place)
    }

    private func part(
        _ setting: String?, _ name: String, _ check: (String, String) throws(Failure) -> String
    ) throws(Failure) -> String? {
        if let setting { return setting }
        return try surroundings.variable(name).map { (text) throws(Failure) in try check(text, name) }
    }

    private func secret() throws(Failure) -> (secret: Secret, place: String)? {
        guard let path = secretFile else {
            let name = "AZURE_CLIENT_SECRET"
            guard let text = surroundings.variable(name) else { return nil }
            return (try Self.checked(secret: Secret(text), from: name), name)
        }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try surroundings.file(path)
        } catch {
            throw Failure(
                .local, attempting: "reading the client secret", on: path, reason: error.meaning,
                advice: "check the setting clientSecretFile and who may read that file")
        }
        // Editors end a file with a line break, which is no part of the secret.
        let end = bytes.lastIndex { $0 != 0x0A && $0 != 0x0D }.map { $0 + 1 } ?? 0
        let secret = bytes.withUnsafeBytes { Secret(copying: UnsafeRawBufferPointer(rebasing: $0[..<end])) }
        return (try Self.checked(secret: secret, from: path), path)
    }

    // A part of a path: nothing that would lead elsewhere.
    private static func checked(tenant: String, from place: String) throws(Failure) -> String {
        let bytes = tenant.utf8
        guard (1...253).contains(bytes.count), bytes.allSatisfy({ isNameByte($0) || $0 == UInt8(ascii: ".") }), !tenant.contains(".."),
            bytes.first != UInt8(ascii: "."), bytes.last != UInt8(ascii: ".")
        else {
            throw Failure(
                .invalid, attempting: "reading the Azure tenant", on: place, reason: "it is neither a tenant id nor a domain",
                advice: "write it as 00000000-0000-0000-0000-000000000000 or example.onmicrosoft.com")
        }
        return tenant
    }

    private static func checked(client: String, from place: String) throws(Failure) -> String {
        guard (1...100).contains(client.utf8.count), client.utf8.allSatisfy({ isNameByte($0) }) else {
            throw Failure(
                .invalid, attempting: "reading the Azure client id", on: place, reason: "it has characters that no application id has",
                advice: "write the application (client) id, such as 00000000-0000-0000-0000-000000000000; look for a line break or a quote")
        }
        return client
    }

    private static func checked(secret: Secret, from place: String) throws(Failure) -> Secret {
        guard !secret.isEmpty, secret.withBytes({ $0.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }) else {
            throw Failure(
                .invalid, attempting: "reading the client secret", on: place,
                reason: secret.isEmpty ? "it is empty" : "it holds a byte that no client secret has",
                advice: "put the secret's value there, on one line and nothing else")
        }
        return secret
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
