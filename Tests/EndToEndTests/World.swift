import TabardJSON
import TabardSystem
import TabardTestSupport

/// A fake cloud, a real registry that lets in whom the cloud gave a password, an image in it, and a configuration that knows both.
struct World {
    enum Cloud: String, CaseIterable {
        case google, amazon

        /// The provider that the configuration is for.
        var provider: String {
            switch self {
            case .google: "google-container-registry"
            case .amazon: "aws-ecr-key"
            }
        }

        /// Who the registry believes the puller to be.
        var username: String {
            switch self {
            case .google: "oauth2accesstoken"
            case .amazon: "AWS"
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
        switch kind {
        case .google: cloud = try RunningService("gce_metadata.py", common, in: folder)
        case .amazon: cloud = try RunningService("ecr.py", common + ["--keys", folder.path("keys")], in: folder)
        }
        registry = try RunningService(
            "registry.py",
            [
                "--log", folder.path("registry.log"), "--accept", folder.path(isTrusted ? "issued" : "nobody"),
                "--user", "operator=\(folder.path("operator"))",
            ], in: folder)
        host = registry.host
        image = "\(host)/team/app:1"
        digest = try Self.push(layerBytes: layerBytes, registry: registry, folder: folder)
        switch kind {
        case .google: configure(#""metadataHost": "\#(cloud.host)""#)
        case .amazon:
            configure(#""region": "eu-west-1", "endpoint": "http://\#(cloud.host)""#)
            let keys = try JSONDocument(parsing: try FileSystem.contents(of: folder.path("keys"), limit: 1 << 20)).root
            let key = try keys.requireObject(user)
            let secret = try key.requireString("secretAccessKey")
            fixedSecrets.append(secret)
            environment["AWS_ACCESS_KEY_ID"] = try key.requireString("accessKeyId")
            environment["AWS_SECRET_ACCESS_KEY"] = secret
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

    /// The passwords that the cloud has handed out so far.
    func issued() throws -> [String] {
        try JSONDocument(parsing: try FileSystem.contents(of: folder.path("issued"), limit: 1 << 20)).root.members.map(\.key)
    }

    /// Everything that must never be seen.
    func secrets() throws -> [String] { try issued() + fixedSecrets }

    /// Straight into the registry behind the front, whose log then holds only what a test did.
    private static func push(layerBytes: Int, registry: RunningService, folder: TemporaryFolder) throws -> String {
        let made = try Tool.run(
            Repository.python, ["\(Repository.root)/Tests/Fakes/images.py", folder.path("image"), "app", String(layerBytes)])
        let backend = try registry.ready.requireInt64("backend")
        let pushed = try Tool.run(
            "skopeo",
            ["copy", "-q", "--dest-tls-verify=false", "oci:\(folder.path("image")):app", "docker://127.0.0.1:\(backend)/team/app:1"],
            environment: ["HOME": folder.path, "TMPDIR": folder.path])
        guard made.status == 0, pushed.status == 0 else { throw RunningService.ServiceError(description: "no image: \(made)\n\(pushed)") }
        return String(made.output.prefix { $0 != "\n" })
    }
}
