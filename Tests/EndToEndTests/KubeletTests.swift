import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// `provider-exec` under a kubelet: Tests/Fakes/kubelet.py treats it as Kubernetes does.
@Suite struct KubeletTests {
    /// What the stand-in says of each question, then how often each program ran.
    private static func kubelet(
        _ world: World, config: String, folder: String = "\(StagedTools.folder)/bin", _ arguments: [String] = [], images: [String]
    ) throws -> (result: ToolResult, answers: [JSONNode], execs: JSONNode?) {
        let result = try Tool.run(
            Repository.python, ["\(Repository.root)/Tests/Fakes/kubelet.py", "--config", config, "--bin-dir", folder] + arguments + images,
            environment: world.environment, within: .seconds(300))
        var lines = try result.output.split(separator: "\n").map { try JSONDocument(parsing: Array($0.utf8)).root }
        let execs = lines.popLast()?["execs"]
        return (result, lines, execs)
    }

    private static func write(_ arguments: [String], for world: World, to name: String = "kubelet.json") throws -> String {
        let written = try world.run("provider-exec", ["kubelet-config"] + arguments)
        try #require(written.status == 0, "\(written)")
        return world.folder.write(name, written.output)
    }

    @Test func `the configuration that it writes is one under which a kubelet gets its credentials`() throws {
        let world = try World()
        let config = try Self.write(["--provider", "google-container-registry"], for: world)
        let (result, answers, execs) = try Self.kubelet(world, config: config, images: [world.image.untagged])
        #expect(result.status == 0, "\(result)")
        let answer = try #require(answers.first)
        #expect(answer["errors"]?.elements.isEmpty == true, "\(result)")
        let login = try #require(answer["auth"]?[world.host])
        #expect(login["username"]?.string == "oauth2accesstoken")
        #expect(try world.issued().contains(login["password"]?.string ?? ""))
        #expect(execs?["provider-exec-gce"]?.int64 == 1)
    }

    @Test func `all providers stand in it under names that the installation has`() throws {
        let world = try World()
        let config = try Self.write([], for: world)
        let (result, _, execs) = try Self.kubelet(world, config: config, images: ["registry.example.com/app"])
        #expect(result.status == 0, "\(result)")
        #expect(execs?.members.map(\.key).sorted() == ["provider-exec-acr", "provider-exec-ecr", "provider-exec-gce"])
        let tokens = try Self.write(["--provider", "aws-ecr-key", "--token-attributes"], for: world)
        let root = try JSONDocument(parsing: try FileSystem.contents(of: tokens, limit: 1 << 20)).root
        let entry = try #require(root["providers"]?.elements.first)
        #expect(entry["tokenAttributes"]?["serviceAccountTokenAudience"]?.string == "sts.amazonaws.com")
        #expect(try Self.kubelet(world, config: tokens, images: ["registry.example.com/app"]).result.status == 0)
    }

    @Test func `what cannot be configured is refused with what to do`() throws {
        let world = try World()
        for (arguments, words) in [
            (["--provider", "google-dockercfg"], ["google-dockercfg", "matchImages"]),
            (["--provider", "google-container-registry", "--token-attributes"], ["google-container-registry", "--token-attributes"]),
            (["--plugin-dir", "lib"], ["relative"]), (["--provider", "aws-ecr"], ["aws-ecr-key"]),
        ] {
            expectFailure(try world.run("provider-exec", ["kubelet-config"] + arguments), status: 2, saying: words, hiding: [])
        }
        expectFailure(try world.ask(["--token-attributes"]), status: 2, saying: ["--token-attributes", "kubelet-config"], hiding: [])
    }

    @Test func `its patterns are the manifests', as docs/kubelet.md says them`() throws {
        let world = try World()
        let root = try JSONDocument(parsing: Array(try world.run("provider-exec", ["kubelet-config"]).output.utf8)).root
        let entries = try #require(root["providers"]?.elements)
        let patterns = entries.flatMap { $0["matchImages"]?.elements.compactMap(\.string) ?? [] }
        // Each with the port of https, too; the world's own registry, from matchImages of its configuration, has another one.
        let plain = patterns.filter { !$0.contains(":") }
        #expect(plain.count > 20 && Set(patterns) == Set(plain + plain.map { "\($0):443" } + [world.host]))
        let page = String(decoding: try FileSystem.contents(of: "\(Repository.root)/docs/kubelet.md", limit: 1 << 20), as: UTF8.self)
        let table = page.split(separator: "\n").drop { !$0.hasPrefix("| `matchImages`") }.dropFirst(2).prefix { $0.hasPrefix("| `") }
        let told = table.flatMap { $0.split(separator: "`").filter { $0.contains(".") && !$0.contains(" ") }.map(String.init) }
        #expect(Set(told) == Set(plain))
    }

    @Test func `cold images of one registry and the same image again`() throws {
        let world = try World()
        let config = try Self.write(["--provider", "google-container-registry"], for: world)
        let images = (1...4).map { "\(world.host)/team/app\($0)" }
        let (result, answers, execs) = try Self.kubelet(world, config: config, ["--rounds", "3"], images: images)
        #expect(answers.count == 12 && answers.allSatisfy { $0["auth"]?[world.host] != nil }, "\(result)")
        // The answer holds for the registry: one program, as long as they come one after the other.
        #expect(execs?["provider-exec-gce"]?.int64 == 1)
    }

    @Test func `two hundred cold starts at once are answered alike`() throws {
        let world = try World()
        let config = try Self.write(["--provider", "google-container-registry"], for: world)
        let images = (1...200).map { "\(world.host)/team/app\($0)" }
        let (result, answers, execs) = try Self.kubelet(world, config: config, ["--parallel", "200"], images: images)
        #expect(answers.count == 200, "\(result)")
        for answer in answers {
            #expect(
                answer["errors"]?.elements.isEmpty == true && answer["auth"]?[world.host] != nil, "\(answer["errors"]?.elements as Any)")
        }
        #expect((execs?["provider-exec-gce"]?.int64 ?? 0) > 1, "they came at once")
    }

    @Test func `one file serves a kubelet and tabard, and nothing asks itself`() throws {
        let world = try World()
        // A folder as a node has it: our program under its name, and somebody else's.
        let folder = world.folder.path("plugins")
        world.folder.write(
            "plugins/other",
            """
            #!/bin/sh
            cat >/dev/null
            printf '%s' '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Registry",\
            "cacheDuration":"1h","auth":{"\(world.host)":{"username":"nobody","password":"wrong-password"}}}'
            """, mode: 0o755)
        try #require(
            Tool.run("ln", ["-s", StagedTools.path("provider-exec-gce"), "\(folder)/provider-exec-gce"]).status == 0)
        let shared = world.folder.write(
            "shared.yaml",
            """
            kind: CredentialProviderConfig
            apiVersion: kubelet.config.k8s.io/v1
            providers:
            - name: other
              matchImages: ["\(world.host)"]
              apiVersion: credentialprovider.kubelet.k8s.io/v1
              defaultCacheDuration: 1m
            - name: provider-exec-gce
              matchImages: ["\(world.host)"]
              apiVersion: credentialprovider.kubelet.k8s.io/v1
              defaultCacheDuration: 1m
              args: ["--config", "\(world.folder.path("config.json"))", "--plugin-dir", "\(StagedTools.folder)/lib/tabard/v1"]
            """)
        let (result, answers, execs) = try Self.kubelet(world, config: shared, folder: folder, images: [world.image.untagged])
        #expect(answers.first?["auth"]?[world.host] != nil, "\(result)")
        #expect(execs?["other"]?.int64 == 1 && execs?["provider-exec-gce"]?.int64 == 1)

        let text = String(decoding: try FileSystem.contents(of: world.folder.path("config.json"), limit: 1 << 20), as: UTF8.self)
        world.folder.write(
            "config.json",
            "{\"execProviders\": \"\(shared)\", \"execProviderBinDir\": \"\(folder)\", " + text.drop { $0 != "{" }.dropFirst())
        let listed = try world.run("tabard", ["providers", "--json"])
        let root = try JSONDocument(parsing: Array(listed.output.utf8)).root
        #expect(root["providers"]?.elements.contains { $0["id"]?.string == "other" } == true, "\(listed)")
        #expect(
            root["rejected"]?.elements.contains { $0["reason"]?.string?.contains("is provider-exec") == true } == true, "\(listed)")
        // The other program's wrong password does not end the pull: the plugin's is tried next.
        let explained = try world.run("tabard", ["explain", world.image, "--json"])
        #expect(explained.output.contains("exec-plugin other"), "\(explained)")
        let pulled = try world.pull()
        #expect(pulled.status == 0, "\(pulled)")
    }

    @Test(
        arguments: [
            ("ecr-credential-provider", ["--v=2", "--logtostderr"], "aws-ecr-key"),
            ("auth-provider-gcp", ["get-credentials", "--v=3", "--authFlow=gcr", "--log_dir", "/nowhere"], "google-container-registry"),
            ("acr-credential-provider", ["/nowhere/azure.json", "-r", "mcr.microsoft.com:fake.azurecr.io"], "azure-acr"),
        ])
    func `under the names of the clouds' own plugins it takes their arguments`(name: String, arguments: [String], provider: String) throws {
        let world = try World()
        let request =
            #"{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"registry.example.com/app"}"#
        let result = try world.run(name, arguments, input: request)
        #expect(result.status == 0 && result.output.contains(#""auth":{}"#), "\(result)")
        let version = try world.run(name, ["--version"])
        #expect(version.status == 0 && version.output.contains(provider), "\(version)")
    }

    @Test(
        arguments: [
            ("ecr-credential-provider", ["get"], ["takes no arguments"]), ("auth-provider-gcp", [], ["get-credentials"]),
            ("auth-provider-gcp", ["get-credentials", "--authFlow", "GCR"], ["gcr, dockercfg and dockercfg-url"]),
            ("acr-credential-provider", [], ["azure.json"]), ("acr-credential-provider", ["a", "b"], ["azure.json"]),
            ("acr-credential-provider", ["/a", "--ib-sni-name", "x"], ["identity bindings", "docs/azure.md"]),
            ("ecr-credential-provider", ["--frobnicate"], ["--frobnicate"]),
        ])
    func `what they do not take is refused with what to do`(name: String, arguments: [String], words: [String]) throws {
        let world = try World()
        expectFailure(try world.run(name, arguments), status: 2, saying: words, hiding: [])
    }

    @Test func `an auth flow chooses the provider, with the settings of the node`() throws {
        let world = try World()
        let request =
            #"{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"\#(world.image.untagged)"}"#
        let result = try world.run("auth-provider-gcp", ["get-credentials"], input: request)
        #expect(result.status == 0 && result.output.contains("oauth2accesstoken"), "\(result)")
    }

    @Test func `a process that its like has started starts no third`() throws {
        let world = try World()
        let result = try world.ask(environment: ["TABARD_DEPTH": "2"])
        expectFailure(result, status: 2, saying: ["was started by"], hiding: [])
    }
}

extension String {
    /// As the kubelet sends it: without the tag.
    fileprivate var untagged: String { lastIndex(of: ":").map { String(self[..<$0]) } ?? self }
}
