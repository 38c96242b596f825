import TabardCore
import TabardJSON
import TabardKeyring
import TabardKubernetes
import TabardTestSupport
import Testing

@Suite struct PullSecretTextTests {
    private func made(
        _ name: String = "regcred", namespace: String? = nil, server: String = "r.io", username: String = "user",
        password: String = "pass\"wörd:<&>", email: String? = nil
    ) throws -> PullSecretText {
        try PullSecretText(
            name: name, namespace: namespace, server: server, username: username, password: Secret(password), email: email)
    }

    @Test(arguments: PullSecretText.Format.allCases)
    func `what is written reads back as the same login`(_ format: PullSecretText.Format) throws {
        let written = try made(namespace: "shop").write(format)
        let reading = try PullSecret.parse(written, file: "s")
        #expect(reading.problems.isEmpty)
        let secret = try #require(reading.secrets.first)
        #expect(secret.name == "regcred" && secret.namespace == "shop")
        #expect(secret.config.entries.map(\.username) == ["user"] && secret.config.entries.map(\.pattern) == ["r.io"])
        #expect(secret.config.entries.first?.password.hasSameBytes(as: Secret("pass\"wörd:<&>")) == true)
    }

    @Test func `names that YAML would take for something else are in quotation marks`() throws {
        for name in ["yes", "0x10", "1.5", "null", "n", "1e3", "a.b-c"] {
            let secret = try #require(try PullSecret.parse(made(name).write(.yaml), file: "s").secrets.first)
            #expect(secret.name == name)
        }
    }

    @Test(arguments: ["", "Regcred", "-a", "a-", "a..b", "a_b", String(repeating: "a", count: 254), "ä"])
    func `names that Kubernetes refuses are refused`(_ name: String) {
        #expect(throws: Failure.self) { try made(name) }
        #expect(throws: Failure.self) { try made(namespace: name.isEmpty ? "a.b" : name) }
    }

    @Test func `a username with a colon and a registry that cannot exist are refused`() {
        #expect(throws: Failure.self) { try made(username: "a:b") }
        #expect(throws: Failure.self) { try made(server: "%") }
    }

    @Test(arguments: [
        (#"{"auths":{"r.io":{"auth":"YTpi"},"t.io":{"username":"u","password":"p"}}}"#, ""),
        (#"{"credsStore":"desktop","auths":{"r.io":{}}}"#, "credential helper"), (#"{"auths":{}}"#, "no login"), ("{", "f.json:1:2"),
        (#"{"auths":{"r.io":{"auth":"%"}}}"#, "not Base64"),
    ])
    func `a docker config is taken byte for byte, or refused`(_ config: String, _ says: String) throws {
        func text() throws -> PullSecretText { try PullSecretText(name: "s", namespace: nil, config: Secret(config), file: "f.json") }
        guard says.isEmpty else {
            let failure = #expect(throws: Failure.self) { try text() }
            #expect(failure?.description.contains(says) == true, "\(String(describing: failure))")
            return
        }
        let json = try JSONDocument(parsing: try text().write(.json)).root
        #expect(try json.require("data").requireString(".dockerconfigjson") == Base64.encode(Secret(config)).text)
        #expect(try json.requireString("type") == "kubernetes.io/dockerconfigjson")
    }

    @Test(arguments: PullSecretText.Format.allCases)
    func `kubectl makes the same, and takes it`(_ format: PullSecretText.Format) throws {
        let folder = TemporaryFolder()
        let environment = ["HOME": folder.path]
        for server in [nil, "r.io"] {
            let theirs = try Tool.run(
                "kubectl",
                [
                    "create", "secret", "docker-registry", "regcred", "--docker-username=user", "--docker-password=pass<word>", "-n",
                    "shop",
                    "--docker-email=u@example.com", "--dry-run=client", "-o", "json",
                ] + (server.map { ["--docker-server=\($0)"] } ?? []), environment: environment)
            try #require(theirs.status == 0, "\(theirs)")
            let ours = try made(
                namespace: "shop", server: server ?? PullSecretText.standardServer, password: "pass<word>", email: "u@example.com"
            ).write(format)
            let file = folder.write("secret", ours.text)
            let labelled = try Tool.run("kubectl", ["label", "--local", "-f", file, "x=y", "-o", "json"], environment: environment)
            try #require(labelled.status == 0, "\(labelled)")
            let (left, right) = try (Self.parts(theirs.output), Self.parts(labelled.output))
            #expect(left == right)
        }
    }

    /// What makes two Secrets the same: everything but labels, with the docker config as values.
    private static func parts(_ text: String) throws -> [String] {
        let root = try JSONDocument(parsing: Array(text.utf8)).root
        let metadata = try root.requireObject("metadata")
        let data = try #require(Base64.decode(try root.requireObject("data").requireString(".dockerconfigjson")))
        var json = JSONWriter()
        json.value(try JSONDocument(parsing: data).root)
        return [
            try root.requireString("kind"), try root.requireString("apiVersion"), try root.requireString("type"),
            try metadata.requireString("name"), try metadata.requireString("namespace"),
            String(decoding: json.finishBytes(), as: UTF8.self),
        ]
    }
}
