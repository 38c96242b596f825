import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// Tenants of one node who share a layout: who gets an image that is there already.
@Suite struct VerificationTests {
    private let folder = TemporaryFolder()
    private let registry: RunningService
    private let image: String
    private let digest: String

    /// `blue` and `green` may pull.
    private static let passwords = ["blue": "blue/own+password", "green": "green/own+password", "red": "reds/wrong+password"]

    init() throws { try self.init(isNative: true) }

    /// - Parameter isNative: Whether docker-registry itself checks who asks, which leaves no log; else what is before it.
    private init(isNative: Bool) throws {
        let folder = folder
        for (name, password) in Self.passwords { folder.write("\(name).password", password) }
        folder.write("config.json", "{}")
        folder.write("no-plugins/README", "")
        registry = try RunningService(
            "registry.py",
            (isNative ? ["--native"] : ["--log", folder.path("registry.log")])
                + ["blue", "green"].flatMap { ["--user", "\($0)=\(folder.path("\($0).password"))"] }, in: folder)
        image = "\(registry.host)/team/app:1"
        let made = try Tool.run(Repository.python, ["\(Repository.root)/Tests/Fakes/images.py", folder.path("image"), "app", "65536"])
        digest = String(made.output.prefix { $0 != "\n" })
        let pushed = try Tool.run(
            "skopeo",
            [
                "copy", "-q", "--dest-creds", "blue:\(Self.passwords["blue"] ?? "")", "--dest-tls-verify=false",
                "oci:\(folder.path("image")):app", "docker://\(image)",
            ], environment: ["HOME": folder.path, "TMPDIR": folder.path])
        try #require(made.status == 0 && pushed.status == 0, "\(made)\n\(pushed)")
    }

    private func run(_ arguments: [String], input: String = "") throws -> ToolResult {
        let result = try Tool.run(
            StagedTools.path("tabard"), arguments, input: input.utf8,
            environment: [
                "HOME": folder.path, "TMPDIR": folder.path, "TABARD_CONFIG": folder.path("config.json"),
                "DOCKER_CONFIG": folder.path("docker"), "TABARD_DMI_FOLDER": folder.path("dmi"), "TABARD_FORBID_LINK_LOCAL": "1",
                "TABARD_PLUGIN_PATH": folder.path("no-plugins"),
            ])
        #expect(SecretScan(Array(Self.passwords.values)).findings(in: result.output + "\n" + result.errors).isEmpty)
        return result
    }

    /// A Pod of a tenant's namespace, with his pull secret.
    private func pod(_ tenant: String, policy: String = "IfNotPresent", hasSecret: Bool = true) -> String {
        let config =
            #"{"auths":{"\#(registry.host)":{"username":"\#(tenant)","password":"\#(Self.passwords[tenant] ?? "")"}}}"#
        return """
            apiVersion: v1
            kind: Secret
            metadata: {name: regcred, namespace: \(tenant), uid: uid-of-\(tenant)}
            type: kubernetes.io/dockerconfigjson
            stringData: {.dockerconfigjson: '\(config)'}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: web, namespace: \(tenant)}
            spec:
              imagePullSecrets: \(hasSecret ? "[{name: regcred}]" : "[]")
              containers: [{name: app, image: "\(image)", imagePullPolicy: \(policy)}]

            """
    }

    private func pull(_ manifest: String, into layout: String = "layout", _ arguments: [String] = []) throws -> ToolResult {
        try run(["pull", "-f", "-", "--dest", folder.path(layout), "--quiet"] + arguments, input: manifest)
    }

    @Test func `a tenant without the secret hears what he would hear if the image were not here`() throws {
        let absent = try (
            never: pull(pod("red", policy: "Never"), into: "empty"), refused: pull(pod("red"), into: "empty"),
            without: pull(pod("red", hasSecret: false), into: "empty")
        )
        #expect(absent.never.status == 1 && absent.refused.status == 3 && absent.without.status == 3, "\(absent)")
        let first = try pull(pod("blue"))
        #expect(first.status == 0 && first.output == "\(image)@\(digest)\n", "\(first)")

        let here = try (
            never: pull(pod("red", policy: "Never")), refused: pull(pod("red")), without: pull(pod("red", hasSecret: false))
        )
        for (now, before) in [(here.never, absent.never), (here.refused, absent.refused), (here.without, absent.without)] {
            #expect(now.status == before.status && now.output == before.output && now.errors == before.errors, "\(now)\n\(before)")
        }
        #expect(here.never.errors.contains("ErrImageNeverPull: Container image \"\(image)\" is not present with pull policy of Never"))
    }

    @Test func `the tenant who pulled it asks nobody, and without the registry the others get nothing`() throws {
        let tests = try VerificationTests(isNative: false)
        #expect(try tests.pull(tests.pod("blue")).status == 0)
        tests.folder.write("registry.log", "")
        for policy in ["IfNotPresent", "Never"] {
            let again = try tests.pull(tests.pod("blue", policy: policy))
            #expect(again.status == 0 && again.output == "\(tests.image)@\(tests.digest)\n", "\(again)")
        }
        #expect(try FileSystem.contents(of: tests.folder.path("registry.log"), limit: 1 << 20).isEmpty)
        try tests.registry.setFaults(#"{"do": "reset", "path": "/v2/"}"#)
        #expect(try tests.pull(tests.pod("green"), ["--timeout", "5s"]).status == 4)
    }

    @Test func `two tenants of one run are kept apart, and a second one with a right of his own fetches nothing`() throws {
        let both = try pull(pod("blue") + "---\n" + pod("red"), ["--json"])
        #expect(both.status == 3 && both.output.split(separator: "\n").count == 1, "\(both)")
        #expect(both.errors.contains("Pod red/web, container app: ErrImagePull: "), "\(both)")
        for isPresent in [false, true] {
            let result = try pull(pod("green"), ["--json"])
            let line = try JSONDocument(parsing: Array(result.output.utf8)).root
            #expect(try line.requireBool("present") == isPresent && line.requireInt64("bytes") == 0, "\(result)")
        }
    }

    @Test(arguments: [
        (["--verification-policy", "NeverVerify"], true), (["--verification-policy", "neververifypreloadedimages"], false),
        (["--image-pull-credentials-verification-policy", "AlwaysVerify"], false),
        (["--verification-policy", "NeverVerifyAllowlistedImages"], false),
        (["--verification-policy", "NeverVerifyAllowlistedImages", "--verification-allowlist", "HOST/*"], true),
        (["--verification-policy", "NeverVerifyAllowlistedImages", "--preloaded-images-verification-allowlist", "HOST/team/ap"], false),
    ])
    func `each policy decides what it says`(_ arguments: [String], _ isGiven: Bool) throws {
        #expect(try pull(pod("blue")).status == 0)
        let host = registry.host
        let arguments = arguments.map { $0.hasPrefix("HOST") ? host + $0.dropFirst(4) : $0 }
        let result = try pull(pod("red", policy: "Never"), arguments)
        #expect(result.status == (isGiven ? 0 : 1), "\(result)")
    }

    @Test func `the configuration decides in the kubelet's words, and the command line over it`() throws {
        #expect(try pull(pod("blue")).status == 0)
        let red = pod("red", policy: "Never")
        folder.write(
            "config.json",
            """
            {"imagePullCredentialsVerificationPolicy": "NeverVerifyAllowlistedImages",
             "preloadedImagesVerificationAllowlist": ["\(registry.host)/team/*"]}
            """)
        #expect(try pull(red).status == 0)
        #expect(try pull(red, ["--verification-policy", "AlwaysVerify"]).status == 1)
        #expect(try pull(red, ["--verification-allowlist", "\(registry.host)/other"]).status == 1)
        for (text, words) in [
            (#"{"imagePullCredentialsVerificationPolicy": "Never"}"#, ["config.json:1:", "NeverVerifyPreloadedImages"]),
            (#"{"preloadedImagesVerificationAllowlist": ["a.example/b"]}"#, ["means nothing under the policy"]),
            (
                #"{"imagePullCredentialsVerificationPolicy": "NeverVerifyAllowlistedImages", "preloadedImagesVerificationAllowlist": ["a/b:1"]}"#,
                ["neither tag nor digest"]
            ),
        ] {
            folder.write("config.json", text)
            expectFailure(try pull(red), status: 2, saying: words, hiding: [])
        }
        folder.write("config.json", "{}")
        for arguments in [["--verification-policy", "Sometimes"], ["--verification-allowlist", "a.example/b"]] {
            #expect(try pull(red, arguments).status == 2)
        }
    }

    @Test func `a login of the command line is its caller's, and one of the node's places is everybody's`() throws {
        func pull(_ arguments: [String], input: String = "") throws -> ToolResult {
            try run(["pull", image, "--dest", folder.path("layout"), "--quiet"] + arguments, input: input)
        }
        let login = ["--username", "blue", "--password-stdin"]
        let auth = #"{"auths":{"\#(registry.host)":{"username":"green","password":"\#(Self.passwords["green"] ?? "")"}}}"#
        let file = folder.write("green.json", auth)
        #expect(try pull(login, input: Self.passwords["blue"] ?? "").status == 0)
        #expect(try pull([]).status == 3)
        #expect(try pull(["--policy", "Never"]).status == 1)
        #expect(try pull(login + ["--policy", "Never"], input: Self.passwords["blue"] ?? "").status == 0)
        #expect(try pull(["--authfile", file, "--policy", "Never"]).status == 1)
        #expect(try pull(["--authfile", file]).status == 0)
        #expect(try pull(["--authfile", file, "--policy", "Never"]).status == 0)
        #expect(try pull(["--policy", "Never"]).status == 1)
        // The node's own login opens it to everybody, for good.
        folder.write("docker/config.json", auth)
        #expect(try pull([]).status == 0)
        folder.write("docker/config.json", "{}")
        #expect(try pull(["--policy", "Never"]).status == 0)
    }

    @Test func `records are for root alone, hold no secret, and go with the image`() throws {
        func records() throws -> [String] {
            try Tool.run("find", [folder.path("layout/image_manager"), "-type", "f", "-printf", "%m %p\\n"]).output
                .split(separator: "\n").map(String.init)
        }
        #expect(try pull(pod("blue")).status == 0)
        let found = try records()
        #expect(found.count == 1 && found.allSatisfy { $0.hasPrefix("600 ") && $0.contains("/pulled/sha256-") }, "\(found)")
        for line in found {
            let text = String(decoding: try FileSystem.contents(of: String(line.dropFirst(4)), limit: 1 << 20), as: UTF8.self)
            #expect(text.contains(#""uid":"uid-of-blue","namespace":"blue","name":"regcred""#) && text.contains(digest), "\(text)")
            #expect(SecretScan(Array(Self.passwords.values)).findings(in: text).isEmpty)
        }
        // Other tools read the layout as before.
        let read = try Tool.run("skopeo", ["inspect", "oci:\(folder.path("layout")):\(image)"], environment: ["HOME": folder.path])
        #expect(read.status == 0, "\(read)")
        #expect(try run(["remove", image, "--dest", folder.path("layout")]).status == 0)
        #expect(try records() == [])
        #expect(try run(["gc", "--dest", folder.path("layout")]).status == 0)
        #expect(try pull(pod("red")).status == 3)
    }
}
