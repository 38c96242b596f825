import TabardJSON
import TabardTestSupport
import Testing

/// `tabard doctor` on this machine, with a fake cloud and a real registry.
@Suite struct DoctorTests {
    private func findings(_ result: ToolResult) throws -> [(severity: String, area: String, subject: String, what: String)] {
        try JSONDocument(parsing: Array(result.output.utf8)).root.requireArray("findings").map {
            (try $0.requireString("severity"), try $0.requireString("area"), try $0.requireString("subject"), try $0.requireString("what"))
        }
    }

    @Test func `without --probe nobody is asked`() throws {
        let world = try World()
        let result = try world.run("tabard", ["doctor", "--json"])
        let found = try findings(result)
        #expect(
            found.contains { $0.area == "plugins" && $0.severity == "ok" && $0.what.contains("google-container-registry") }, "\(result)")
        #expect(found.contains { $0.area == "identity" && $0.what.contains("metadataHost") }, "\(result)")
        #expect(try world.requests(to: "cloud").isEmpty && world.requests(to: "registry").isEmpty)
        expectNoSecret(result, try world.secrets())
    }

    @Test func `with --probe the registry and the provider are asked`() throws {
        let world = try World()
        let result = try world.run("tabard", ["doctor", "--probe", "--image", world.image, "--json"])
        let found = try findings(result)
        #expect(found.contains { $0.area == "probes" && $0.subject == world.host && $0.what == "it answers" }, "\(result)")
        #expect(
            found.contains {
                $0.area == "probes" && $0.subject.hasPrefix("google-container-registry") && $0.what == "it gave a credential"
            },
            "\(result)")
        #expect(!(try world.issued()).isEmpty)
        expectNoSecret(result, try world.secrets())
    }

    @Test func `a cloud that says no is an error with its fix, and the exit status says so`() throws {
        let world = try World()
        try world.cloud.setFaults(#"{"do": "status", "status": 403}"#)
        let result = try world.run("tabard", ["doctor", "--probe", "--image", world.image])
        #expect(result.status == 1, "\(result)")
        #expect(result.output.contains("error    google-container-registry for \(world.host)/team/app: "), "\(result)")
        expectNoSecret(result, try world.secrets())
    }

    @Test func `a node whose root is mounted is looked at in its place`() throws {
        let folder = TemporaryFolder()
        folder.write("etc/tabard/config.json", #"{"providers": 7}"#)
        folder.write("proc/7/cmdline", "kubelet\0--image-credential-provider-bin-dir=/opt/none\0")
        let result = try Tool.run(StagedTools.path("tabard"), ["doctor", "--root", folder.path], environment: ["HOME": folder.path])
        #expect(result.status == 1)
        #expect(result.output.contains("/etc/tabard/config.json: 1:15: "), "\(result)")
        #expect(result.output.contains("it has --image-credential-provider-bin-dir and no --image-credential-provider-config"), "\(result)")
        #expect(!result.output.contains(folder.path), "\(result)")
        let wrong = try Tool.run(StagedTools.path("tabard"), ["doctor", "--root", folder.path, "--probe"])
        #expect(wrong.status == 2 && wrong.output.isEmpty, "\(wrong)")
    }
}
