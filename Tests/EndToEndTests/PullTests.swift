import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// `tabard pull` from a real registry with what a plugin gives.
@Suite struct PullTests {
    @Test func `an image arrives whole, and other programs can read it`() throws {
        let world = try World()
        let result = try world.pull()
        #expect(result.status == 0, "\(result)")
        #expect(result.output.split(separator: "\n").last.map(String.init) == "\(world.image)@\(world.digest)", "\(result)")
        expectNoSecret(result, try world.secrets())
        let layout = world.folder.path("layout")
        let inspected = try Tool.run("skopeo", ["inspect", "oci:\(layout):\(world.image)"], environment: ["HOME": world.folder.path])
        #expect(inspected.status == 0 && inspected.output.contains(world.digest), "\(inspected)")
        let bundle = world.folder.path("bundle")
        let unpacked = try Tool.run("umoci", ["raw", "unpack", "--rootless", "--image", "\(layout):\(world.image)", bundle])
        #expect(unpacked.status == 0, "\(unpacked)")
        #expect(try Tool.run("cat", ["\(bundle)/etc/greeting"]).output == "hello from app\n")
    }

    @Test func `a pull says as JSON who let it in, and never with what`() throws {
        let world = try World()
        let result = try world.pull(["--json"])
        #expect(result.status == 0, "\(result)")
        let line = try JSONDocument(parsing: Array(try #require(result.output.split(separator: "\n").last).utf8)).root
        #expect(line["image"]?.string == world.image)
        #expect(line["digest"]?.string == world.digest)
        #expect(line["credential"] != nil && line["bytes"]?.int64 ?? 0 > 65536 && line["requests"]?.int64 ?? 0 > 2, "\(result)")
        expectNoSecret(result, try world.secrets())
    }

    @Test func `programs are told each event as JSON, and nothing else`() throws {
        let world = try World()
        let layout = world.folder.path("layout")
        let missing = "\(world.host)/team/app:none"
        let result = try world.run("tabard", ["pull", world.image, missing, "--dest", layout, "--json", "--policy", "Always"])
        #expect(result.status == 1, "\(result)")
        let events = try result.errors.split(separator: "\n").map { try JSONDocument(parsing: Array($0.utf8)).root }
        let ours = events.filter { $0["image"]?.string == world.image }.compactMap { $0["event"]?.string }
        #expect(ours.first == "resolved" && ours.last == "pulled" && ours.count { $0 == "finished" } == 3, "\(result)")
        #expect(events.last?["event"]?.string == "failed" && events.last?["image"]?.string == missing, "\(result)")
        #expect(events.last?["exitCode"]?.int64 == 1)
        #expect(result.output.split(separator: "\n").count == 1)
        let again = try world.run("tabard", ["pull", world.image, "--dest", layout, "--json", "--progress", "none"])
        #expect(again.status == 0 && again.errors.isEmpty, "\(again)")
    }

    @Test(arguments: ["oci-archive", "docker-archive"])
    func `an image leaves as an archive that other programs read under its name`(_ format: String) throws {
        let world = try World()
        let file = world.folder.path("image.tar")
        let result = try world.run("tabard", ["pull", world.image, "--output", file, "--format", format, "--progress", "none"])
        #expect(result.status == 0 && result.output == "\(world.image)@\(world.digest)\n", "\(result)")
        expectNoSecret(result, try world.secrets())
        let copied = try Tool.run(
            "skopeo", ["copy", "\(format):\(file):\(world.image)", "dir:\(world.folder.path("copied"))"],
            environment: ["HOME": world.folder.path])
        #expect(copied.status == 0, "\(copied)")
        #expect(throws: SystemError.self) { try FileStatus(of: "\(file).partial") }
    }

    @Test(arguments: [("mkdir", []), ("mkfifo", []), ("ln", ["-s", "elsewhere"])])
    func `an archive takes the place of a file, and of nothing else`(_ tool: String, _ arguments: [String]) throws {
        let world = try World()
        let place = world.folder.path("place")
        #expect(try Tool.run(tool, arguments + [place]).status == 0)
        let kind = try FileStatus(of: place, followingLinks: false).kind
        let result = try world.run("tabard", ["pull", world.image, "--output", place, "--quiet"])
        #expect(result.status == 2 && result.errors.contains("writing the archive (\(place)): it is "), "\(result)")
        #expect(try FileStatus(of: place, followingLinks: false).kind == kind)
        #expect(try world.requests(to: "registry").isEmpty)
        #expect(try FileSystem.names(in: world.folder.path).filter { $0.hasSuffix(".partial") } == [])
    }

    @Test func `an archive for standard output that cannot be made leaves nothing behind`() throws {
        let world = try World(isTrusted: false)
        let result = try world.run("tabard", ["pull", world.image, "--output", "-", "--quiet"])
        #expect(result.status == 3, "\(result)")
        #expect(try FileSystem.names(in: world.folder.path).filter { $0.hasPrefix("tabard-pull") } == [])
    }

    @Test func `a layout is listed, emptied and cleaned`() throws {
        let world = try World()
        #expect(try world.pull().status == 0)
        let layout = ["--dest", world.folder.path("layout")]
        let listed = try world.run("tabard", ["images", "--json"] + layout)
        let image = try JSONDocument(parsing: Array(listed.output.utf8)).root
        #expect(image["image"]?.string == world.image && image["digest"]?.string == world.digest, "\(listed)")
        #expect(image["bytes"]?.int64 ?? 0 > 65536 && image["platforms"]?.elements.count == 1)
        #expect(try world.run("tabard", ["verify"] + layout).status == 0)
        #expect(try world.run("tabard", ["rmi", "registry.example/none:1"] + layout).status == 1)
        #expect(try world.run("tabard", ["rmi", world.image] + layout).status == 0)
        #expect(try world.run("tabard", ["gc"] + layout).output.hasPrefix("removed "))
        #expect(try FileSystem.names(in: world.folder.path("layout/blobs/sha256")) == [])
    }

    @Test func `the most talkative log holds no secret`() throws {
        let world = try World()
        let result = try world.pull(["-v", "9"])
        #expect(result.status == 0 && result.errors.contains("google-container-registry"), "\(result)")
        expectNoSecret(result, try world.secrets())
    }

    @Test func `pulling again asks for no blob`() throws {
        let world = try World()
        #expect(try world.pull().status == 0)
        let before = try world.requests(to: "registry").count
        #expect(try world.pull(["--policy", "Always"]).status == 0)
        let after = try world.requests(to: "registry").dropFirst(before)
        #expect(!after.isEmpty && !after.contains { $0["target"]?.string?.contains("/blobs/") == true })
        #expect(try world.pull(["--policy", "IfNotPresent"]).status == 0)
        #expect(try world.requests(to: "registry").count == before + after.count)
    }

    @Test func `a registry that refuses a good token is believed after one new token`() throws {
        let world = try World()
        try world.registry.setFaults(
            #"{"do": "status", "status": 401, "headers": {"WWW-Authenticate": "Basic realm=\"private\""}, "body": "{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}"}"#
        )
        let result = try world.pull()
        expectFailure(result, status: 3, saying: [world.registry.host, "google-container-registry"], hiding: try world.secrets())
        #expect(try world.requests(to: "cloud").filter { $0["target"]?.string?.contains("/token") == true }.count <= 2)
        #expect(try world.requests(to: "registry").count <= 8)
    }

    @Test func `a registry that opens to nobody says so`() throws {
        let world = try World(isTrusted: false)
        expectFailure(try world.pull(), status: 3, saying: [world.host, world.kind.provider], hiding: try world.secrets())
    }

    @Test func `bytes that are not the promised ones are never kept`() throws {
        let world = try World()
        try world.registry.setFaults(#"{"do": "corrupt", "path": "/blobs/"}"#)
        let result = try world.pull()
        expectFailure(result, status: 1, saying: ["sha256:", "digest"], hiding: try world.secrets())
        try expectNothingHalfWritten(world)
    }

    @Test func `a manifest that is not the one named is refused`() throws {
        let world = try World()
        try world.registry.setFaults(#"{"do": "corrupt", "path": "/manifests/"}"#)
        let result = try world.run(
            "tabard",
            ["pull", "\(world.registry.host)/team/app@\(world.digest)", "--dest", world.folder.path("layout"), "--progress", "none"])
        expectFailure(result, status: 1, saying: ["digest"], hiding: try world.secrets())
        try expectNothingHalfWritten(world)
    }

    @Test func `a blob that was cut once is fetched to its end`() throws {
        let world = try World(layerBytes: 400_000)
        try world.registry.setFaults(#"{"do": "truncate", "path": "/blobs/", "count": 1}"#)
        let result = try world.pull()
        #expect(result.status == 0, "\(result)")
        #expect(try Tool.run("skopeo", ["inspect", "oci:\(world.folder.path("layout")):\(world.image)"]).status == 0)
    }

    @Test func `a blob that is cut for ever is never taken for whole, and the next pull mends it`() throws {
        let world = try World()
        try world.registry.setFaults(#"{"do": "truncate", "path": "/blobs/"}"#)
        let result = try world.pull()
        #expect(result.status == 1 || result.status == 4, "\(result)")
        expectFailure(result, status: result.status ?? -1, saying: [world.host], hiding: try world.secrets())
        try expectNothingHalfWritten(world)
        try world.registry.setFaults()
        #expect(try world.pull().status == 0)
        #expect(try !world.layoutFiles().contains { $0.hasPrefix("ingest/") }, "the next pull finishes or clears what was begun")
    }

    @Test(arguments: [("missing:1", "missing"), ("team/app:none", "none")])
    func `an image that is not there is not found`(name: String, word: String) throws {
        let world = try World()
        let result = try world.run(
            "tabard", ["pull", "\(world.registry.host)/\(name)", "--dest", world.folder.path("layout"), "--progress", "none"])
        expectFailure(result, status: 1, saying: [word, "404"], hiding: try world.secrets())
        try expectNothingHalfWritten(world)
    }

    @Test func `a captive portal is called what it is`() throws {
        let world = try World()
        try world.registry.setFaults(
            #"{"do": "status", "status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>log in to continue</html>"}"#)
        let result = try world.pull()
        expectFailure(result, status: 1, saying: ["text/html"], hiding: try world.secrets())
        #expect(!result.errors.contains("log in to continue"))
    }

    /// A file system of 64 KiB in a mount namespace of its own needs no rights where user namespaces are allowed.
    static let canMount = (try? Tool.run("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).status) == 0

    @Test(.enabled(if: canMount)) func `a full disk leaves nothing half-written`() throws {
        let world = try World(layerBytes: 400_000)
        let target = world.folder.path("small")
        world.folder.write("small/.keep", "")
        let script = """
            mount -t tmpfs -o size=128k none "$1" && "$2" pull "$3" --dest "$1/layout" --progress none; status=$?
            find "$1" -type f -printf 'left %P %s\\n' >&2; exit $status
            """
        let result = try Tool.run(
            "unshare", ["-rm", "sh", "-c", script, "sh", target, StagedTools.path("tabard"), world.image],
            environment: world.environment)
        expectFailure(result, status: 1, saying: ["no space left", "\(target)/layout"], hiding: try world.secrets())
        let left = result.errors.split(separator: "\n").filter { $0.hasPrefix("left ") }
        #expect(!left.isEmpty && !left.contains { $0.contains("index.json") }, "\(result)")
    }

    @Test func `a file size limit is a full disk too`() throws {
        let world = try World(layerBytes: 400_000)
        // 128 blocks of 512 bytes; the signal that comes with it is ignored, so that the write fails as on a full disk.
        let result = try Tool.run(
            "sh",
            [
                "-c", #"ulimit -f 128; trap '' XFSZ; exec "$@""#, "sh", StagedTools.path("tabard"), "pull", world.image, "--dest",
                world.folder.path("layout"), "--progress", "none",
            ],
            environment: world.environment)
        expectFailure(result, status: 1, saying: ["file too large", world.folder.path("layout")], hiding: try world.secrets())
        try expectNothingHalfWritten(world)
    }

    /// No blob without its bytes, and no image named. What has arrived so far may wait in `ingest` for the next pull.
    private func expectNothingHalfWritten(_ world: World, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let files = try world.layoutFiles()
        for file in files where file.hasPrefix("blobs/sha256/") {
            let sum = try Tool.run("sha256sum", [world.folder.path("layout/\(file)")]).output.prefix(64)
            #expect(file.hasSuffix(sum), sourceLocation: sourceLocation)
        }
        if files.contains("index.json") {
            let index = try JSONDocument(parsing: try FileSystem.contents(of: world.folder.path("layout/index.json"), limit: 1 << 20)).root
            #expect(index["manifests"]?.elements.isEmpty == true, sourceLocation: sourceLocation)
        }
    }
}
