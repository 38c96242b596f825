import Glibc
import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// An agent over a folder of CredentialProviderConfigs that somebody edits: what is broken changes nothing, what is mended holds.
@Suite struct AgentExecTests {
    /// A folder with an exec plugin that answers every registry with the login that its arguments name.
    private struct Node {
        let folder = TemporaryFolder()

        init() {
            folder.write(
                "bin/echoing",
                """
                #!/bin/sh
                registry=$(sed 's/.*"image":"\\([^"/]*\\).*/\\1/')
                printf '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Registry",'
                printf '"cacheDuration":"1h","auth":{"%s":{"username":"%s","password":"p"}}}\\n' "$registry" "$1"
                """, mode: 0o755)
            folder.write(
                "config.json", #"{"execProviders": "\#(folder.path("providers"))", "execProviderBinDir": "\#(folder.path("bin"))"}"#)
        }

        var environment: [String: String] {
            ["HOME": folder.path, "TABARD_CONFIG": folder.path("config.json")].merging(StagedTools.environment) { $1 }
        }

        /// Writes a file of the folder in place.
        func write(_ file: String, login: String, for pattern: String, durationKey: String = "defaultCacheDuration") {
            folder.write(
                "providers/\(file)",
                """
                kind: CredentialProviderConfig
                apiVersion: kubelet.config.k8s.io/v1
                providers:
                  - name: \(login)
                    command: echoing
                    apiVersion: credentialprovider.kubelet.k8s.io/v1
                    matchImages: ["\(pattern)"]
                    \(durationKey): 1h
                    args: [\(login)]
                """)
        }

        /// The user that a docker client gets for a registry.
        func user(_ registry: String, _ agent: RunningAgent) throws -> String? {
            let result = try Tool.run(
                StagedTools.path("docker-credential-tabard"), ["--agent", agent.socket, "get"], input: registry.utf8,
                environment: environment)
            guard result.status == 0 else { return nil }
            return try JSONDocument(parsing: Array(result.output.utf8)).root.requireString("Username")
        }
    }

    @Test func `a broken file leaves what was before in force until it is mended in place`() throws {
        let node = Node()
        node.write("10.yaml", login: "first", for: "*.a.test")
        let agent = try RunningAgent(in: node.folder, environment: node.environment)
        #expect(try node.user("one.a.test", agent) == "first")
        // A file that was good, replaced by one that a kubelet would not start with.
        node.write("10.yaml", login: "second", for: "*.a.test", durationKey: "defaultCacheDurations")
        try agent.wait(for: "stays in force")
        #expect(try node.user("two.a.test", agent) == "first")
        #expect(try node.user("one.a.test", agent) == "first")
        let failure = try #require(try agent.status()["reloads"]?["lastFailure"]?.string)
        #expect(failure.contains("10.yaml:8:") && failure.contains("defaultCacheDurations"), "\(failure)")
        node.write("10.yaml", login: "second", for: "*.a.test")
        try agent.wait(for: "was read again")
        #expect(try node.user("one.a.test", agent) == "second")
        #expect(try agent.status()["reloads"]?["lastFailure"]?.isNull == true)
    }

    @Test func `a broken file that has come is looked at until it is mended in place`() throws {
        let node = Node()
        node.write("10.yaml", login: "first", for: "*.a.test")
        let agent = try RunningAgent(in: node.folder, environment: node.environment)
        node.write("20.yaml", login: "second", for: "*.b.test", durationKey: "defaultCacheDurations")
        try agent.wait(for: "stays in force")
        #expect(try node.user("one.a.test", agent) == "first")
        #expect(try node.user("one.b.test", agent) == nil)
        node.write("20.yaml", login: "second", for: "*.b.test")
        try agent.wait(for: "was read again")
        #expect(try node.user("one.b.test", agent) == "second")
        #expect(try node.user("two.a.test", agent) == "first")
    }

    @Test func `a program that is missing costs its provider alone, and is told`() throws {
        let node = Node()
        node.write("10.yaml", login: "first", for: "*.a.test")
        node.folder.write(
            "providers/20.json",
            """
            {"kind": "CredentialProviderConfig", "apiVersion": "kubelet.config.k8s.io/v1beta1", "providers": [{"name": "gone", \
            "apiVersion": "credentialprovider.kubelet.k8s.io/v1beta1", "matchImages": ["*.b.test"], "defaultCacheDuration": "1h"}]}
            """)
        let agent = try RunningAgent(in: node.folder, environment: node.environment)
        #expect(try node.user("one.a.test", agent) == "first")
        #expect(try node.user("one.b.test", agent) == nil)
        let line = "the exec plugin gone is not used: \(node.folder.path("bin/gone")): it does not exist"
        #expect(agent.log.contains(line), "\(agent.log)")
    }
}
