import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// Configurations of the clouds' own exec plugins, as nodes of EKS, GKE and AKS have them, unchanged, with `provider-exec` behind the names
/// in them: on nodes in network namespaces, with the clouds' real names, addresses and ports.
@Suite(.serialized) struct MigrationTests {
    private let folder = TemporaryFolder()

    private func kubelet(_ config: String, _ arguments: [String]) throws -> [String] {
        let azure = folder.write("azure.json", try Fixtures.text("migration/azure.json"))
        let text = try Fixtures.text("migration/\(config)").split(separator: "/etc/kubernetes/azure.json", omittingEmptySubsequences: false)
        return [
            Repository.python, "\(Repository.root)/Tests/Fakes/kubelet.py", "--config", folder.write(config, text.joined(separator: azure)),
            "--bin-dir", "\(StagedTools.folder)/bin",
        ] + arguments
    }

    /// The clouds' own plugins have no settings of ours, and a node has no variables for us.
    private var environment: [String: String] {
        [
            "HOME": folder.path, "TMPDIR": folder.path, "TABARD_FORBID_LINK_LOCAL": "", "AWS_EC2_METADATA_DISABLED": "",
            "GCE_METADATA_HOST": "", "PYTHONDONTWRITEBYTECODE": "1", "TABARD_CONFIG": folder.write("config.json", "{}"),
        ].merging(StagedTools.environment) { $1 }
    }

    private func check(_ result: ToolResult, entry: String, username: String) throws {
        let line = result.output.split(separator: "\n").first.map(String.init) ?? ""
        let answer = try #require(try? JSONDocument(parsing: Array(line.utf8)).root, "\(result)")
        #expect(answer["errors"]?.elements.isEmpty == true, "\(result)")
        #expect(answer["auth"]?[entry]?["username"]?.string == username, "\(result)")
        #expect(answer["auth"]?[entry]?["password"]?.string?.isEmpty == false, "\(result)")
    }

    @Test(.enabled(if: EC2Tests.canIsolate), arguments: try Fixtures.json("migration/cases.json").elements)
    func `a node keeps its configuration`(_ node: JSONNode) throws {
        let cloud = try node.requireString("node")
        // AWS_PROFILE of a configuration's env.
        folder.write(".aws/config", "[default]\nregion = eu-west-1\n")
        let arguments = (node["arguments"]?.elements.compactMap(\.string) ?? []) + [try node.requireString("image")]
        let result = try Tool.run(
            "unshare",
            ["-rnm", Repository.python, "\(Repository.root)/Tests/Fakes/\(cloud)_node.py", folder.path, "--"]
                + kubelet(try node.requireString("config"), arguments),
            environment: environment)
        try check(result, entry: try node.requireString("entry"), username: try node.requireString("username"))
        if let log = node["without"]?.string {
            #expect(try FileSystem.contents(of: folder.path("\(log).log"), limit: 1 << 20).isEmpty, "the Pod's identity, not the node's")
        }
    }

    @Test func `the flow dockercfg answers what the metadata has`() throws {
        let passwords = folder.write("dockercfg", #"{"https://registry.example.com": {"username": "puller", "password": "from-metadata"}}"#)
        let metadata = try RunningService("gce_metadata.py", ["--attribute", "google-dockercfg=@\(passwords)"], in: folder)
        let command = try kubelet("gke-dockercfg.yaml", ["registry.example.com/team/app"])
        let result = try Tool.run(
            command[0], Array(command.dropFirst()), environment: environment.merging(["GCE_METADATA_HOST": metadata.host]) { $1 })
        try check(result, entry: "registry.example.com", username: "puller")
    }

    @Test func `the flow dockercfg-url answers what stands at the URL`() throws {
        let url = folder.path("url")
        let metadata = try RunningService("gce_metadata.py", ["--attribute", "google-dockercfg-url=@\(url)"], in: folder)
        folder.write("url", "http://\(metadata.host)/dockercfg.json")
        try metadata.setFaults(
            #"""
            {"path": "/dockercfg.json", "do": "status", "status": 200, "headers": {"Content-Type": "application/json"},
             "body": "{\"https://registry.example.com\": {\"username\": \"puller\", \"password\": \"from-a-file\"}}"}
            """#.split(separator: "\n").joined())
        let command = try kubelet("gke-dockercfg-url.yaml", ["registry.example.com/team/app"])
        let result = try Tool.run(
            command[0], Array(command.dropFirst()), environment: environment.merging(["GCE_METADATA_HOST": metadata.host]) { $1 })
        try check(result, entry: "registry.example.com", username: "puller")
    }
}
