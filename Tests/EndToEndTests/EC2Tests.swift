import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// A node of EC2 in network namespaces: real names, real addresses, real ports, and nothing that could leave (Tests/Fakes/ec2_node.py).
@Suite(.serialized) struct EC2Tests {
    /// Namespaces need no rights where users may make their own.
    static let canIsolate =
        (try? Tool.run("unshare", ["-rnm", "sh", "-c", "ip link add v0 type veth peer name v1 && mount --bind /dev/null /etc/hosts"]).status)
        == 0

    struct Node {
        let folder = TemporaryFolder()
        let registry: String
        let options: [String]

        init(ipv6: Bool, late seconds: Int = 0) {
            registry = "123456789012.\(ipv6 ? "dkr-ecr.eu-west-1.on.aws" : "dkr.ecr.eu-west-1.amazonaws.com")"
            options = (ipv6 ? ["--ipv6"] : []) + (seconds > 0 ? ["--late", "\(seconds)"] : [])
            folder.write("config.json", "{}")
            folder.write("dmi/sys_vendor", "Amazon EC2\n")
        }

        func pull(_ environment: [String: String] = [:]) throws -> ToolResult {
            let program = [
                StagedTools.path("tabard"), "pull", "\(registry)/team/app:1", "--dest", folder.path("layout"), "--progress", "none",
            ]
            return try Tool.run(
                "unshare",
                ["-rnm", Repository.python, "\(Repository.root)/Tests/Fakes/ec2_node.py", folder.path] + options + ["--"] + program,
                environment: [
                    "HOME": folder.path, "TMPDIR": folder.path, "TABARD_CONFIG": folder.path("config.json"), "TABARD_FORBID_LINK_LOCAL": "",
                    "AWS_EC2_METADATA_DISABLED": "", "PYTHONDONTWRITEBYTECODE": "1",
                ].merging(StagedTools.environment) { $1 }.merging(environment) { $1 })
        }

        /// The methods and targets that a service logged, with their Host.
        func requests(to service: String) throws -> [String] {
            let text = String(decoding: try FileSystem.contents(of: folder.path("\(service).log"), limit: 1 << 20), as: UTF8.self)
            return try text.split(separator: "\n").map { line in
                let node = try JSONDocument(parsing: Array(line.utf8)).root
                let host = node["headers"]?["Host"]?.string ?? ""
                return "\(try node.requireString("method")) \(host)\(try node.requireString("target")) \(try node.requireInt64("status"))"
            }
        }

        func digest() throws -> String { String(decoding: try FileSystem.contents(of: folder.path("digest"), limit: 100), as: UTF8.self) }
    }

    @Test(.enabled(if: canIsolate), arguments: [false, true])
    func `a node pulls with its instance role, over IPv4 or over IPv6 alone`(ipv6: Bool) throws {
        let node = Node(ipv6: ipv6)
        let result = try node.pull(ipv6 ? ["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"] : [:])
        #expect(result.status == 0, "\(result)")
        #expect(result.output == "\(node.registry)/team/app:1@\(try node.digest())\n", "\(result)")
        let metadata = ipv6 ? "[fd00:ec2::254]" : "169.254.169.254"
        let roles = "\(metadata)/latest/meta-data/iam/security-credentials/"
        #expect(
            try node.requests(to: "metadata") == [
                "PUT \(metadata)/latest/api/token 200", "GET \(roles) 200", "GET \(roles)node-role 200",
            ])
        #expect(
            try node.requests(to: "api") == ["POST \(ipv6 ? "ecr.eu-west-1.api.aws" : "api.ecr.eu-west-1.amazonaws.com")/ 200"])
    }

    @Test(.enabled(if: canIsolate))
    func `a node whose network comes up eight seconds later gets its first answer`() throws {
        let node = Node(ipv6: false, late: 8)
        let result = try node.pull(["TABARD_DMI_FOLDER": node.folder.path("dmi")])
        #expect(result.status == 0, "\(result)")
        #expect(result.duration > .seconds(8))
        #expect(try node.requests(to: "api").count == 1)
    }

    @Test(.enabled(if: canIsolate))
    func `a machine of another maker without a network learns so at once`() throws {
        let node = Node(ipv6: false, late: 60)
        node.folder.write("dmi/sys_vendor", "QEMU\n")
        node.folder.write("dmi/product_name", "Standard PC\n")
        let result = try node.pull(["TABARD_DMI_FOLDER": node.folder.path("dmi")])
        #expect(result.status != 0)
        #expect(result.errors.contains("EC2 instance metadata") && result.errors.contains("unreachable"), "\(result)")
        // The services take three seconds to start.
        #expect(result.duration < .seconds(20), "\(result)")
    }
}
