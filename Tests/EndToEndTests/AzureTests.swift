import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// Identities of Azure through the installed programs, and a node of Azure in network namespaces (Tests/Fakes/azure_node.py).
@Suite(.serialized) struct AzureTests {
    /// Namespaces need no rights where users may make their own.
    static let canIsolate =
        (try? Tool.run("unshare", ["-rnm", "sh", "-c", "ip link add v0 type veth peer name v1 && mount --bind /dev/null /etc/hosts"]).status)
        == 0

    @Test func `an image is pulled with a certificate`() throws {
        let folder = TemporaryFolder()
        let made = try Tool.run(
            "sh",
            [
                "-c",
                "cd \(folder.path) && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=app -keyout app.key -out app.crt && cat app.key app.crt > app.pem",
            ])
        #expect(made.status == 0, "\(made)")
        let world = try World(.azure, account: ["--client-certificate", folder.path("app.crt")])
        world.configure(
            """
            "tenantID": "\(try world.cloud.ready.requireString("tenant"))", "clientID": "\(try world.cloud.ready.requireString("client"))", \
            "clientCertificateFile": "\(folder.path("app.pem"))", "authorityHost": "https://localhost:\(world.cloud.port)"
            """)
        let result = try world.pull()
        #expect(result.status == 0, "\(result)")
        #expect(result.output == "\(world.image)@\(world.digest)\n", "\(result)")
        expectNoSecret(result, try world.secrets())
    }

    @Test func `an image is pulled with a federated token, and with one that pulls nothing else`() throws {
        let folder = TemporaryFolder()
        folder.write("token", "eyJ.federated.token")
        let world = try World(.azure, account: ["--federated-token-file", folder.path("token")])
        for pullOnly in [false, true] {
            world.configure(
                """
                "tenantID": "\(try world.cloud.ready.requireString("tenant"))", "clientID": "\(try world.cloud.ready.requireString("client"))", \
                "federatedTokenFile": "\(folder.path("token"))", "authorityHost": "https://localhost:\(world.cloud.port)", \
                "pullOnly": \(pullOnly)
                """)
            let result = try world.ask()
            #expect(result.status == 0, "\(result)")
            let auth = try #require(try JSONDocument(parsing: Array(result.output.utf8)).root["auth"])
            #expect(auth.members.map(\.key) == [pullOnly ? "\(world.host)/team/app" : world.host])
            let pulled = try world.pull()
            #expect(pulled.status == 0, "\(pulled)")
            expectNoSecret(pulled, try world.secrets() + ["eyJ.federated.token"])
        }
    }

    /// A node's pull, with its managed identity.
    private func pull(on folder: TemporaryFolder, late: Int) throws -> ToolResult {
        folder.write("config.json", "{}")
        folder.write("dmi/sys_vendor", "Microsoft Corporation\n")
        folder.write("dmi/product_name", "Virtual Machine\n")
        return try Tool.run(
            "unshare",
            [
                "-rnm", Repository.python, "\(Repository.root)/Tests/Fakes/azure_node.py", folder.path, "--late", "\(late)", "--",
                StagedTools.path("tabard"), "pull", "myregistry.azurecr.io/team/app:1", "--dest", folder.path("layout"), "--progress",
                "none",
            ],
            environment: [
                "HOME": folder.path, "TMPDIR": folder.path, "TABARD_CONFIG": folder.path("config.json"), "TABARD_FORBID_LINK_LOCAL": "",
                "TABARD_DMI_FOLDER": folder.path("dmi"), "PYTHONDONTWRITEBYTECODE": "1", "HTTP_PROXY": "http://10.77.0.77:1",
                "http_proxy": "http://10.77.0.77:1",
            ].merging(StagedTools.environment) { $1 })
    }

    private func targets(_ log: String, in folder: TemporaryFolder) throws -> [String] {
        let text = String(decoding: try FileSystem.contents(of: folder.path(log), limit: 1 << 20), as: UTF8.self)
        return try text.split(separator: "\n").map { try JSONDocument(parsing: Array($0.utf8)).root.requireString("target") }
    }

    @Test(.enabled(if: canIsolate), arguments: [0, 8])
    func `a node pulls with its managed identity, also when its network comes up late, and never by a proxy`(late: Int) throws {
        let folder = TemporaryFolder()
        let result = try pull(on: folder, late: late)
        #expect(result.status == 0, "\(result)")
        #expect(
            try targets("metadata.log", in: folder) == [
                "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fcontainerregistry.azure.net"
            ])
        #expect(try targets("registry.log", in: folder).contains("/oauth2/exchange"))
    }
}
