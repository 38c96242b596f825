import TabardTestSupport
import Testing

/// What pulls leave, as other programs and people see it.
@Suite struct PullReadersTests {
    @Test func `an image goes from a layout into podman's storage under its own name`() throws {
        let world = try World()
        #expect(try world.pull().status == 0)
        let storage = "containers-storage:[vfs@\(world.folder.path("root"))+\(world.folder.path("run"))]\(world.image)"
        let copied = try Tool.run(
            "skopeo", ["--insecure-policy", "copy", "-q", "oci:\(world.folder.path("layout")):\(world.image)", storage],
            environment: ["HOME": world.folder.path])
        #expect(copied.status == 0, "\(copied)")
        let listed = try world.podman(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"])
        #expect(listed.output.split(separator: "\n").map(String.init) == [world.image], "\(listed)")
    }

    @Test(arguments: ["oci-archive", "docker-archive"])
    func `podman loads an archive under the image's own name`(_ format: String) throws {
        let world = try World()
        let file = world.folder.path("image.tar")
        #expect(try world.run("tabard", ["pull", world.image, "--output", file, "--format", format, "--quiet"]).status == 0)
        let loaded = try world.podman(["load", "-q", "-i", file])
        #expect(loaded.status == 0, "\(loaded)")
        let listed = try world.podman(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"])
        #expect(listed.output.split(separator: "\n").map(String.init) == [world.image], "\(listed)")
    }

    @Test func `a terminal gets bars, and is left with lines only`() throws {
        let world = try World()
        let tabard = StagedTools.path("tabard")
        let arguments = [tabard, "pull", world.image, "--dest", world.folder.path("layout")].map { "'\($0)'" }.joined(separator: " ")
        let shown = try Tool.run(
            "script", ["-qec", arguments, "/dev/null"], environment: world.environment.merging(["TERM": "xterm"]) { $1 })
        #expect(shown.status == 0, "\(shown)")
        #expect(shown.output.contains(" of 3 ") && shown.output.contains("\u{1B}[J"), "\(shown)")
        let last = shown.output.split(separator: "\u{1B}[J").last ?? ""
        #expect(last.contains("Successfully pulled image") && !last.contains(" of 3 "), "\(shown)")
        expectNoSecret(shown, try world.secrets())
        let plain = try world.run(
            "tabard", ["pull", world.image, "--dest", world.folder.path("plain"), "--progress", "bar"])
        #expect(plain.status == 0 && !plain.errors.contains("\u{1B}"), "\(plain)")
    }
}
