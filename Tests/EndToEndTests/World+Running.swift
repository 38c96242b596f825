import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

extension World {
    /// Runs one of the staged executables with the world's configuration, and fails the test when a secret is seen where none may be.
    ///
    /// Nothing that `tabard` prints may hold one; the other two answer with secrets when they succeed, on standard output alone.
    func run(
        _ name: String, _ arguments: [String], input: String = "", environment: [String: String] = [:],
        within limit: Duration = .seconds(60)
    ) throws -> ToolResult {
        let result = try Tool.run(
            StagedTools.path(name), arguments, input: input.utf8, environment: self.environment.merging(environment) { $1 }, within: limit)
        let isAnswer = name != "tabard" && result.status == 0
        let findings = SecretScan(try secrets()).findings(in: (isAnswer ? "" : result.output + "\n") + result.errors)
        #expect(findings.isEmpty, "\(name) \(arguments) shows a secret")
        return result
    }

    /// `tabard pull` into `layout`, of the world's image unless another is named.
    func pull(_ arguments: [String] = [], image: String? = nil, environment: [String: String] = [:]) throws -> ToolResult {
        try run(
            "tabard", ["pull", image ?? self.image, "--dest", folder.path("layout"), "--progress", "none"] + arguments,
            environment: environment)
    }

    /// `provider-exec` for one image.
    func ask(
        _ arguments: [String] = [], image: String? = nil, version: String = "v1", environment: [String: String] = [:],
        within limit: Duration = .seconds(60)
    ) throws -> ToolResult {
        let request = """
            {"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/\(version)","image":"\(image ?? self.image)"}
            """
        return try run("provider-exec", arguments, input: request, environment: environment, within: limit)
    }

    /// The requests that a service, `cloud` or `registry`, logged.
    func requests(to service: String) throws -> [JSONNode] {
        let text = String(decoding: try FileSystem.contents(of: folder.path("\(service).log"), limit: 64 << 20), as: UTF8.self)
        return try text.split(separator: "\n").map { try JSONDocument(parsing: Array($0.utf8)).root }
    }

    /// The names of the files in the layout, with their folders; empty when there is no layout.
    func layoutFiles() throws -> [String] {
        try Tool.run("find", [folder.path("layout"), "-type", "f", "-printf", "%P\\n"]).output.split(separator: "\n").map(String.init)
            .sorted()
    }

    /// podman with storage of its own, and with the staged helper in PATH.
    func podman(_ arguments: [String]) throws -> ToolResult {
        let path = "\(StagedTools.folder)/bin:\(Tool.environment["PATH"] ?? "")"
        return try Tool.run(
            "podman", ["--root", folder.path("root"), "--runroot", folder.path("run"), "--storage-driver", "vfs"] + arguments,
            environment: environment.merging([
                "PATH": path, "XDG_RUNTIME_DIR": folder.path, "REGISTRY_AUTH_FILE": folder.path("auth.json"),
            ]) { $1 }, within: .seconds(120))
    }
}
