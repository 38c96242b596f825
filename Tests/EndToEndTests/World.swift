import TabardJSON
import TabardSystem
import TabardTestSupport

/// A fake cloud, a real registry that lets in whom the cloud gave a password, an image in it, and a configuration that knows both.
struct World {
    enum Cloud: String, CaseIterable {
        case google, amazon, azure

        /// The provider that the configuration is for.
        var provider: String {
            switch self {
            case .google: "google-container-registry"
            case .amazon: "aws-ecr-key"
            case .azure: "azure-acr"
            }
        }

        /// Who the registry believes the puller to be.
        var username: String {
            switch self {
            case .google: "oauth2accesstoken"
            case .amazon: "AWS"
            case .azure: "00000000-0000-0000-0000-000000000000"
            }
        }
    }

    let kind: Cloud
    let folder: TemporaryFolder
    let cloud: RunningService
    let registry: RunningService
    /// `127.0.0.1:PORT`.
    let host: String
    /// `127.0.0.1:PORT/team/app:1`.
    let image: String
    /// The digest of the image's manifest.
    let digest: String
    /// The configuration and folders of this world, and no docker login.
    private(set) var environment: [String: String]
    private var fixedSecrets = [Self.operatorPassword]

    /// Of a user whom the registry always lets in.
    static let operatorPassword = "operators/own+password"

    /// Of the service principal.
    static let clientSecret = "client~secret/of+the.principal"

    /// - Parameters:
    ///   - account: More arguments of the fake cloud.
    ///   - user: For Amazon: whose access key; `stranger` may not ask for passwords.
    ///   - isTrusted: Whether the registry lets in whom the cloud gave a password.
    ///   - layerBytes: Size of the larger of the image's two layers.
    init(
        _ kind: Cloud = .google, account: [String] = [], user: String = "puller", isTrusted: Bool = true, layerBytes: Int = 65536
    ) throws {
        self.kind = kind
        folder = TemporaryFolder()
        environment = [
            "HOME": folder.path, "TMPDIR": folder.path, "TABARD_CONFIG": folder.path("config.json"), "DOCKER_CONFIG": folder.path("docker"),
        ].merging(StagedTools.environment) { $1 }
        folder.write("operator", Self.operatorPassword)
        folder.write("nobody", "{}")
        let common = ["--log", folder.path("cloud.log"), "--issued", folder.path("issued")] + account
        let door = ["--log", folder.path("registry.log"), "--accept", folder.path(isTrusted ? "issued" : "nobody")]
        let admin = "operator=\(folder.path("operator"))"
        switch kind {
        case .google:
            cloud = try RunningService("gce_metadata.py", common, in: folder)
            registry = try RunningService("registry.py", door + ["--user", admin], in: folder)
            host = registry.host
        case .amazon:
            cloud = try RunningService("ecr.py", common + ["--keys", folder.path("keys")], in: folder)
            registry = try RunningService("registry.py", door + ["--user", admin], in: folder)
            host = registry.host
        case .azure:
            folder.write("client-secret", Self.clientSecret)
            folder.write("last-years-secret", "last~years/secret+value")
            let secrets = ["--client-secret-file", folder.path("client-secret"), "--expired-secret-file", folder.path("last-years-secret")]
            cloud = try RunningService("entra.py", common + secrets + ["--tls", folder.path("tls")], in: folder)
            registry = try RunningService(
                "acr.py", door + ["--admin", admin, "--tls", folder.path("tls"), "--issued", folder.path("refresh-tokens")], in: folder)
            host = "localhost:\(registry.port)"
        }
        image = "\(host)/team/app:1"
        digest = try Self.push(layerBytes: layerBytes, to: host, kind: kind, folder: folder)
        switch kind {
        case .google: configure(#""metadataHost": "\#(cloud.host)""#)
        case .amazon:
            configure(#""region": "eu-west-1", "endpoint": "http://\#(cloud.host)""#)
            let keys = try JSONDocument(parsing: try FileSystem.contents(of: folder.path("keys"), limit: 1 << 20)).root
            let key = try keys.requireObject(user)
            set("AWS_ACCESS_KEY_ID", to: try key.requireString("accessKeyId"))
            set("AWS_SECRET_ACCESS_KEY", to: try key.requireString("secretAccessKey"), isSecret: true)
        case .azure:
            set("SSL_CERT_FILE", to: folder.path("tls/ca.pem"))
            fixedSecrets += [Self.clientSecret, "last~years/secret+value"]
            configure(
                """
                "tenantID": "\(try cloud.ready.requireString("tenant"))", "clientID": "\(try cloud.ready.requireString("client"))", \
                "clientSecretFile": "\(folder.path("client-secret"))", "authorityHost": "https://localhost:\(cloud.port)"
                """)
        }
    }

    /// Writes config.json with these members for the provider.
    func configure(_ settings: String) {
        folder.write("config.json", #"{"providers": {"\#(kind.provider)": {"matchImages": ["\#(host)"], \#(settings)}}}"#)
    }

    /// Changes a variable of every run.
    mutating func set(_ name: String, to value: String, isSecret: Bool = false) {
        environment[name] = value
        if isSecret { fixedSecrets.append(value) }
    }

    /// The passwords that open the registry and have been handed out so far.
    func issued() throws -> [String] { try names(in: kind == .azure ? "refresh-tokens" : "issued") }

    /// Everything that must never be seen.
    func secrets() throws -> [String] { try issued() + (kind == .azure ? names(in: "issued") : []) + fixedSecrets }

    private func names(in file: String) throws -> [String] {
        try JSONDocument(parsing: try FileSystem.contents(of: folder.path(file), limit: 1 << 20)).root.members.map(\.key)
    }

    /// Makes an image and pushes it as the registry's operator; then the registry's log is empty again.
    private static func push(layerBytes: Int, to host: String, kind: Cloud, folder: TemporaryFolder) throws -> String {
        let made = try Tool.run(
            Repository.python, ["\(Repository.root)/Tests/Fakes/images.py", folder.path("image"), "app", String(layerBytes)])
        if kind == .azure { folder.write("certificates/ca.crt", try FileSystem.contents(of: folder.path("tls/ca.pem"), limit: 1 << 20)) }
        let transport = kind == .azure ? ["--dest-cert-dir", folder.path("certificates")] : ["--dest-tls-verify=false"]
        let pushed = try Tool.run(
            "skopeo",
            ["copy", "-q", "--dest-creds", "operator:\(operatorPassword)"] + transport
                + ["oci:\(folder.path("image")):app", "docker://\(host)/team/app:1"],
            environment: ["HOME": folder.path, "TMPDIR": folder.path])
        guard made.status == 0, pushed.status == 0 else { throw RunningService.ServiceError(description: "no image: \(made)\n\(pushed)") }
        folder.write("registry.log", "")
        return String(made.output.prefix { $0 != "\n" })
    }
}
