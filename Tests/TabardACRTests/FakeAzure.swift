import TabardCore
import TabardJSON
import TabardPluginKit
import TabardPluginTestSupport
import TabardSystem
import TabardTestSupport

@testable import TabardACR

/// Entra ID, instance metadata and a registry, with an application that has a secret, a certificate and a federated credential, and a machine
/// with two managed identities.
struct FakeAzure {
    let folder = TemporaryFolder()
    let entra, metadata, registry: RunningService
    let caFile: String
    let tenant, client: String

    static let secret = "right~secret.value"
    static let assigned = "77777777-0000-0000-0000-000000000000"

    /// - Parameter certificateOptions: More of the fake Entra ID.
    init(_ options: [String] = []) throws {
        folder.write("secret", Self.secret)
        folder.write("federated", "eyJ.federated.token")
        let script = """
            set -e
            for name in app other; do
                openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=$name -keyout $name.key -out $name.crt
                cat $name.key $name.crt > $name.pem
            done
            openssl rsa -in app.key -aes256 -passout pass:sesame -out locked.key
            cat locked.key app.crt > locked.pem
            openssl pkcs12 -export -in app.pem -out app.pfx -passout pass:sesame
            """
        let made = try Tool.run("sh", ["-c", "cd \(folder.path) && \(script)"])
        guard made.status == 0 else { throw RunningService.ServiceError(description: "no certificates: \(made)") }
        folder.write("password", "sesame\n")
        let tls = ["--tls", folder.path("tls")]
        entra = try RunningService(
            "entra.py",
            tls + options + [
                "--client-secret-file", folder.path("secret"), "--client-certificate", folder.path("app.crt"),
                "--federated-token-file", folder.path("federated"), "--issued", folder.path("issued"), "--log", folder.path("entra.log"),
            ], in: folder)
        metadata = try RunningService(
            "azure_imds.py",
            [
                "--identity", "client_id=own,system=1", "--identity", "client_id=\(Self.assigned),object_id=object",
                "--issued", folder.path("issued-to-machine"), "--log", folder.path("imds.log"),
            ], in: folder)
        registry = try RunningService(
            "acr.py",
            tls + [
                "--accept", folder.path("issued"), "--accept", folder.path("issued-to-machine"), "--log", folder.path("acr.log"),
            ], in: folder)
        caFile = try entra.ready.requireString("ca")
        tenant = try entra.ready.requireString("tenant")
        client = try entra.ready.requireString("client")
    }

    var host: String { "localhost:\(registry.port)" }

    /// Where this cloud is, for us and for Azure's own SDKs.
    var places: [String: String] {
        [
            "AZURE_AUTHORITY_HOST": "https://localhost:\(entra.port)",
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:\(metadata.port)",
        ]
    }
    /// Which application.
    var application: [String: String] { ["AZURE_TENANT_ID": tenant, "AZURE_CLIENT_ID": client] }

    /// One answer of the provider.
    func ask(
        _ settings: [String: String] = [:], environment: [String: String], clockError: Duration = .zero, repository: String = "app"
    ) throws -> ProviderReply {
        let variables = places.merging(environment) { $1 }
        var surroundings = Surroundings.real
        surroundings.variable = { variables[$0] }
        let provider = try ACRProvider(
            settings: ProviderSettings(["matchImages.0": host].merging(settings) { $1 }), surroundings: surroundings)
        return try provider.provide(
            PluginRequest(registry: host, repository: repository), call: LiveServices(clockError: clockError, caFile: caFile).call)
    }

    /// What a docker client gets for a password: the status of the registry's token service, and of a list of tags with that token.
    func status(of reply: ProviderReply, repository: String) throws -> Int {
        guard let entry = reply.entries.first else { return 0 }
        var basic = SecretBuffer()
        basic.append("\(entry.username):")
        basic.append(entry.password)
        var field = SecretBuffer()
        field.append("Basic ")
        field.append(Base64.encode(basic.freeze()))
        let services = LiveServices(caFile: caFile)
        let granted = try services.http(
            PluginHTTPRequest(
                "GET", "https://\(host)/oauth2/token?service=\(host)&scope=repository:\(repository):pull",
                headers: [("Authorization", .secret(field.freeze()))]))
        guard granted.status == 200 else { return granted.status }
        var bearer = SecretBuffer()
        bearer.append("Bearer ")
        bearer.append(try JSONDocument(parsing: granted.body).root.requireSecret("access_token"))
        return try services.http(
            PluginHTTPRequest(
                "GET", "https://\(host)/v2/\(repository)/tags/list", headers: [("Authorization", .secret(bearer.freeze()))])
        ).status
    }

    /// The requests that a service logged so far.
    func requests(_ log: String) throws -> [JSONNode] {
        guard let content = try? FileSystem.contents(of: folder.path(log), limit: 1 << 20) else { return [] }
        return try content.split(separator: 0x0A).map { try JSONDocument(parsing: Array($0)).root }
    }

    /// What Entra ID and instance metadata were asked, with what differs from one time to the next left out.
    func grants() throws -> [[String]] {
        let entra = try requests("entra.log").filter { $0["method"]?.string == "POST" }.map { request in
            [request["target"]?.string ?? ""]
                + (request["body"]?.string ?? "").split(separator: "&").filter { field in
                    ["grant_type", "client_id", "client_secret", "client_assertion_type", "scope"].contains { field.hasPrefix("\($0)=") }
                }.map { String($0) }.sorted()
        }
        let metadata = try requests("imds.log").map { request in
            (request["target"]?.string ?? "").replacing("%3A", with: ":").replacing("%2F", with: "/").split { "?&".contains($0) }
                .map { String($0) }.sorted()
        }
        return entra + metadata
    }

    /// Empties the logs.
    func forget() {
        for log in ["entra.log", "imds.log", "acr.log"] { folder.write(log, "") }
    }
}
