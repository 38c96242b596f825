import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// A node of Google in network namespaces: real names, real addresses, real ports, and nothing that could leave (Tests/Fakes/google_node.py).
@Suite(.serialized) struct GoogleNodeTests {
    private let folder = TemporaryFolder()

    private func run(
        _ options: [String] = [], vendor: String = "Google", product: String = "Google Compute Engine",
        pull image: String = "gcr.io/team/app:1"
    ) throws -> ToolResult {
        folder.write("config.json", "{}")
        folder.write("dmi/sys_vendor", "\(vendor)\n")
        folder.write("dmi/product_name", "\(product)\n")
        let program = [StagedTools.path("tabard"), "pull", image, "--dest", folder.path("layout"), "--progress", "none"]
        return try Tool.run(
            "unshare",
            ["-rnm", Repository.python, "\(Repository.root)/Tests/Fakes/google_node.py", folder.path] + options + ["--"] + program,
            environment: [
                "HOME": folder.path, "TMPDIR": folder.path, "TABARD_CONFIG": folder.path("config.json"), "TABARD_FORBID_LINK_LOCAL": "",
                "TABARD_DMI_FOLDER": folder.path("dmi"), "PYTHONDONTWRITEBYTECODE": "1",
                // A node whose operator named no metadata server: one that is named is waited for.
                "GCE_METADATA_HOST": "",
            ].merging(StagedTools.environment) { $1 })
    }

    private func text(_ file: String) throws -> String {
        String(decoding: try FileSystem.contents(of: folder.path(file), limit: 1 << 20), as: UTF8.self)
    }

    /// Each request of a service's log with its answer.
    private func requests(to service: String) throws -> [String] {
        try text("\(service).log").split(separator: "\n").map { line in
            let node = try JSONDocument(parsing: Array(line.utf8)).root
            return "\(try node.requireString("method")) \(try node.requireString("target")) \(try node.requireInt64("status"))"
        }
    }

    private static let token = "GET /computeMetadata/v1/instance/service-accounts/default/token 200"

    @Test(.enabled(if: EC2Tests.canIsolate), arguments: [false, true])
    func `a node pulls with its service account, over IPv4 or over IPv6 alone`(ipv6: Bool) throws {
        let result = try run(ipv6 ? ["--ipv6"] : [])
        #expect(try result.status == 0 && result.output == "gcr.io/team/app:1@\(text("digest"))\n", "\(result)")
        #expect(try requests(to: "metadata").contains(Self.token))
        #expect(try requests(to: "mirror").isEmpty)
    }

    @Test(.enabled(if: EC2Tests.canIsolate))
    func `a node whose network comes up eight seconds late gets its first answer`() throws {
        let result = try run(["--late", "8"])
        #expect(try result.status == 0 && result.output == "gcr.io/team/app:1@\(text("digest"))\n", "\(result)")
        #expect(result.duration > .seconds(8))
    }

    @Test(.enabled(if: EC2Tests.canIsolate), arguments: [("QEMU", "Standard PC (Q35 + ICH9, 2009)"), ("", "")])
    func `a machine that is not Google's says so at once, though packets vanish`(vendor: String, product: String) throws {
        let result = try run(["--elsewhere"], vendor: vendor, product: product)
        #expect(result.status != 0 && result.errors.contains("metadata server"), "\(result)")
        // The services take three seconds to start.
        #expect(result.duration < .seconds(20), "\(result)")
    }

    @Test(.enabled(if: EC2Tests.canIsolate))
    func `Docker Hub's images come from Google's mirror, and nobody is told who asks`() throws {
        let result = try run(pull: "team/app:1")
        #expect(try result.status == 0 && result.output == "docker.io/team/app:1@\(text("digest"))\n", "\(result)")
        #expect(try requests(to: "mirror").contains { $0.contains("/blobs/") } && !text("mirror.log").contains("uthorization"))
        #expect(try requests(to: "metadata").isEmpty, "no password is wanted")
    }
}
