import TabardJSON
import TabardTestSupport
import Testing

/// Pulls what Pods want, with the pull secrets that they may use and no other login.
@Suite struct PodTests {
    private let world: World

    init() throws {
        world = try World()
        world.folder.write("config.json", "{}")
    }

    /// A Secret with the operator's login, as `tabard secret create` makes it.
    private func secret(_ name: String, namespace: String? = nil, password: String = World.operatorPassword) throws -> String {
        // Not by way of the world, which forbids every program to show a secret: here it is what was asked for.
        let result = try Tool.run(
            StagedTools.path("tabard"),
            ["secret", "create", name, "--docker-server", world.host, "--docker-username", "operator", "--docker-password-stdin"]
                + (namespace.map { ["-n", $0] } ?? []), input: (password + "\n").utf8, environment: world.environment)
        try #require(result.status == 0 && result.errors.isEmpty, "\(result)")
        return result.output
    }

    private func pod(_ name: String = "web", namespace: String = "shop", spec: String) -> String {
        "apiVersion: v1\nkind: Pod\nmetadata: {name: \(name), namespace: \(namespace)}\nspec:\n  \(spec)\n"
    }

    private func container(_ name: String = "app", policy: String? = nil, image: String? = nil) -> String {
        "{name: \(name), image: \"\(image ?? world.image)\"\(policy.map { ", imagePullPolicy: \($0)" } ?? "")}"
    }

    private func pull(_ manifest: String, _ arguments: [String] = []) throws -> ToolResult {
        try world.run(
            "tabard", ["pull", "-f", "-", "--dest", world.folder.path("layout")] + arguments, input: manifest)
    }

    private func secrets() throws -> [String] { try world.secrets() }

    @Test func `a Pod's image is pulled with its own secret, and told as the kubelet tells it`() throws {
        let manifest =
            try secret("regcred", namespace: "shop") + "---\n"
            + pod(spec: "imagePullSecrets: [{name: regcred}]\n  containers: [\(container()), \(container("second"))]")
        let result = try pull(manifest)
        #expect(result.status == 0 && result.output == "\(world.image)@\(world.digest)\n", "\(result)")
        #expect(result.errors.contains("Pod shop/web, container app: Pulling image \"\(world.image)\""), "\(result)")
        let pulled = result.errors.split(separator: "\n").first { $0.contains("Successfully pulled") } ?? ""
        #expect(pulled.hasPrefix("Pod shop/web, container app: Successfully pulled image \"\(world.image)\" in "), "\(result)")
        // Durations as Go cuts them: 856ms, 1.204s.
        let ending = #/ in [0-9.]+m?s \([0-9.]+m?s including waiting\)\. Image size: \d{5,} bytes\. With the credential from pull-secret /#
        #expect(pulled.firstMatch(of: ending) != nil, "\(result)")
        #expect(
            result.errors.contains("Pod shop/web, container second: Container image \"\(world.image)\" already present on machine"),
            "\(result)")
        expectNoSecret(result, try secrets())
        world.folder.write("registry.log", "")
        let again = try pull(manifest, ["--json"])
        #expect(again.status == 0 && !again.errors.contains("Pulling image"), "\(again)")
        let lines = try again.output.split(separator: "\n").map { try JSONDocument(parsing: Array($0.utf8)).root }
        #expect(try lines.map { try $0.requireString("container") } == ["container app", "container second"])
        #expect(try lines.allSatisfy { try $0.requireBool("present") && $0.requireString("pod") == "Pod shop/web" })
        #expect(try world.requests(to: "registry").isEmpty)
    }

    @Test func `a Deployment has the secrets of its ServiceAccount, from another file`() throws {
        let manifest = """
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: default}
            imagePullSecrets: [{name: regcred}]
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec: {template: {spec: {containers: [\(container())]}}}
            """
        let file = world.folder.write("secret.yaml", try secret("regcred"))
        let result = try pull(manifest, ["--pull-secret", file, "--namespace", "shop", "--json"])
        #expect(result.status == 0 && result.output.contains("secret.yaml: secret regcred: \(world.host)"), "\(result)")
        expectNoSecret(result, try secrets())
    }

    @Test func `secrets of another namespace and secrets that are not named open nothing`() throws {
        let file = world.folder.write("secret.yaml", try secret("regcred", namespace: "other"))
        for spec in ["imagePullSecrets: [{name: regcred}]\n  ", ""] {
            let result = try pull(pod(spec: spec + "containers: [\(container())]"), ["--pull-secret", file])
            expectFailure(
                result, status: 3,
                saying: [
                    "Pod shop/web, container app: ErrImagePull: Failed to pull image \"\(world.image)\"",
                    "no Pod uses Secret other/regcred",
                ]
                    + (spec.isEmpty ? [] : ["Unable to retrieve some image pull secrets (regcred)", "only in other"]), hiding: try secrets()
            )
        }
    }

    @Test func `each of several secrets is tried`() throws {
        let manifest =
            try secret("old", namespace: "shop", password: "last/years+password") + "---\n" + secret("new", namespace: "shop") + "---\n"
            + pod(spec: "imagePullSecrets: [{name: old}, {name: new}]\n  containers: [\(container())]")
        let result = try pull(manifest)
        #expect(result.status == 0, "\(result)")
        expectNoSecret(result, try secrets() + ["last/years+password"])
    }

    @Test func `one container that cannot be pulled holds up no other`() throws {
        let containers = [
            container("never", policy: "Never"), container("wrong", image: "\(world.host)/Team/app"), container(),
            container("gone", image: "\(world.host)/team/gone:1"),
        ]
        let manifest =
            try secret("regcred", namespace: "shop") + "---\n"
            + pod(spec: "imagePullSecrets: [{name: regcred}]\n  containers: [\(containers.joined(separator: ", "))]")
        let result = try pull(manifest, ["--quiet"])
        expectFailure(
            result, status: 1,
            saying: [
                "container never: ErrImageNeverPull: Container image \"\(world.image)\" is not present with pull policy of Never",
                "container wrong: InvalidImageName: Failed to apply default image tag",
                "container gone: ErrImagePull: Failed to pull image \"\(world.host)/team/gone:1\"",
            ], hiding: try secrets(), output: "\(world.image)@\(world.digest)\n")
    }

    @Test func `a command line that cannot be meant is refused`() throws {
        let file = world.folder.write("pod.yaml", pod(spec: "containers: [\(container())]"))
        for (arguments, words) in [
            (["pull", world.image, "--dest", ""], ["--dest"]), (["pull", world.image, "--output", ""], ["--output"]),
            (["pull"], ["-f FILE"]), (["pull", world.image, "-f", file], ["exclude"]), (["pull", world.image, "-n", "x"], ["--namespace"]),
            (["pull", "-f", "-", "--username", "u", "--password-stdin"], ["standard input"]),
            (["pull", "-f", file, "--namespace", "other"], ["pod.yaml:1:1", "namespace shop"]),
            (["pull", "-f", world.folder.path("missing.yaml")], ["missing.yaml"]),
            (["pull", "-f", world.folder.path("config.json")], ["config.json:1:1", "no kind"]),
            (["secret", "create", "s", "--docker-username", "u", "--docker-password", "hunter-2-password"], ["--docker-password-stdin"]),
        ] {
            expectFailure(try world.run("tabard", arguments), status: 2, saying: words, hiding: try secrets() + ["hunter-2-password"])
        }
    }
}
