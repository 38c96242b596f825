import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// `tabard pull` from mirrors: two real registries with users of their own, and the names that a machine of Google's asks for by itself.
@Suite struct MirrorTests {
    private struct Place {
        let name: String
        let service: RunningService
        let password: String

        init(_ name: String, _ folder: TemporaryFolder) throws {
            self.name = name
            password = "\(name)/own+password"
            folder.write("\(name).password", password)
            service = try RunningService(
                "registry.py", ["--log", folder.path("\(name).log"), "--user", "\(name)=\(folder.path("\(name).password"))"], in: folder)
        }

        func requests(_ folder: TemporaryFolder) throws -> [JSONNode] {
            let text = String(decoding: try FileSystem.contents(of: folder.path("\(name).log"), limit: 1 << 20), as: UTF8.self)
            return try text.split(separator: "\n").map { try JSONDocument(parsing: Array($0.utf8)).root }
        }
    }

    private let folder = TemporaryFolder()

    private func run(_ arguments: [String], into layout: String = "layout", environment: [String: String] = [:]) throws -> ToolResult {
        try tabard(["pull", "--dest", folder.path(layout), "--progress", "none"] + arguments, environment: environment)
    }

    private func tabard(_ arguments: [String], environment: [String: String] = [:]) throws -> ToolResult {
        let own = [
            "HOME": folder.path, "TMPDIR": folder.path, "TABARD_CONFIG": folder.path("config.json"), "DOCKER_CONFIG": folder.path("docker"),
            "TABARD_DMI_FOLDER": folder.path("dmi"), "TABARD_FORBID_LINK_LOCAL": "1", "TABARD_PLUGIN_PATH": folder.path("no-plugins"),
        ]
        return try Tool.run(StagedTools.path("tabard"), arguments, environment: own.merging(environment) { $1 })
    }

    @Test func `a mirror gives the layers, and each registry is told its own login only`() throws {
        let (registry, mirror) = (try Place("registry", folder), try Place("mirror", folder))
        let made = try Tool.run(Repository.python, ["\(Repository.root)/Tests/Fakes/images.py", folder.path("image"), "app", "65536"])
        let digest = String(made.output.prefix { $0 != "\n" })
        for place in [registry, mirror] {
            let pushed = try Tool.run(
                "skopeo",
                [
                    "copy", "-q", "--dest-creds", "\(place.name):\(place.password)", "--dest-tls-verify=false",
                    "oci:\(folder.path("image")):app", "docker://\(place.service.host)/team/app:1",
                ], environment: ["HOME": folder.path, "TMPDIR": folder.path])
            #expect(made.status == 0 && pushed.status == 0, "\(made)\n\(pushed)")
            folder.write("\(place.name).log", "")
        }
        let auths = [registry, mirror].map { place in
            #""\#(place.service.host)": {"username": "\#(place.name)", "password": "\#(place.password)"}"#
        }
        folder.write("docker/config.json", #"{"auths": {\#(auths.joined(separator: ", "))}}"#)
        folder.write("config.json", #"{"mirrors": {"\#(registry.service.host)": ["\#(mirror.service.host)"]}}"#)
        let image = "\(registry.service.host)/team/app:1"

        func targets(_ place: Place) throws -> [String] { try place.requests(folder).compactMap { $0["target"]?.string } }
        let story = try tabard(["explain", image])
        let lines = story.output.split(separator: "\n").map { $0.drop { $0 == " " } }
        #expect(
            story.status == 0
                && lines.firstIndex { $0.hasPrefix("1. \(mirror.service.host)/team/app:1") }.map {
                    lines[$0 + 1].contains("user \"mirror\"")
                }
                    == true,
            "\(story)")
        let isSilent = try (targets(mirror) + targets(registry)).isEmpty
        #expect(lines.contains { $0.hasPrefix("1. user \"registry\"") } && isSilent, "\(story)")
        let probed = try tabard(["explain", image, "--probe", "--json"])
        let root = try JSONDocument(parsing: Array(probed.output.utf8)).root
        let told = try #require(root["mirrors"]?.elements.first)
        #expect(told["image"]?.string == "\(mirror.service.host)/team/app:1" && root["mirrors"]?.elements.count == 1, "\(probed)")
        #expect(told["candidates"]?.elements.map { $0["username"]?.string } == ["mirror"], "\(probed)")
        #expect(told["candidates"]?.elements.first?["probe"]?.string == "accepted: \(digest)", "\(probed)")
        #expect(root["candidates"]?.elements.map { $0["username"]?.string } == ["registry"], "\(probed)")
        let none = try tabard(["explain", image, "--mirror", "\(registry.service.host)=", "--json"])
        #expect(try JSONDocument(parsing: Array(none.output.utf8)).root["mirrors"]?.elements.isEmpty == true, "\(none)")
        for place in [registry, mirror] { folder.write("\(place.name).log", "") }

        let result = try run([image, "--policy", "Always", "--json"])
        #expect(result.status == 0, "\(result)")
        let line = try JSONDocument(parsing: Array(try #require(result.output.split(separator: "\n").last).utf8)).root
        #expect(line["digest"]?.string == digest && line["mirrors"]?.elements.map(\.string) == [mirror.service.host], "\(result)")
        #expect(try !targets(registry).contains { $0.contains("/blobs/") } && targets(registry).contains { $0.hasSuffix("/manifests/1") })
        #expect(try targets(mirror).contains { $0.contains("/blobs/") } && !targets(mirror).contains { $0.hasSuffix("/manifests/1") })
        // Whoever is told a foreign login refuses it, so more than the one question without a login would be seen.
        for place in [registry, mirror] {
            #expect(try place.requests(folder).count { $0["status"]?.int64 == 401 } == 1, "\(place.name)")
        }
        let read = try Tool.run(
            "skopeo", ["inspect", "oci:\(folder.path("layout")):\(image)"], environment: ["HOME": folder.path])
        #expect(read.status == 0 && read.output.contains(digest), "\(read)")

        let asked = try targets(mirror).count
        let without = try run([image, "--mirror", "\(registry.service.host)=", "--policy", "Always"], into: "other")
        #expect(try without.status == 0 && targets(mirror).count == asked, "\(without)")
    }

    /// The hosts that a proxy is asked for, which lets nobody through.
    private func hosts(_ arguments: [String]) throws -> [String] {
        let asked = Guarded<[String]>([])
        let proxy = try ScriptedServer { connection in
            guard let request = connection.readRequest() else { return }
            let host = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            asked.withLock { if $0.last != host { $0.append(host) } }
            connection.send(Array("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n".utf8))
        }
        folder.write("config.json", "{}")
        let result = try run(arguments, environment: ["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"])
        #expect(result.status != 0, "\(result)")
        return asked.withLock { $0 }
    }

    @Test func `a machine of Google's asks Google's mirror for Docker Hub's images, unless it is told not to`() throws {
        folder.write("dmi/sys_vendor", "Google\n")
        folder.write("dmi/product_name", "Google Compute Engine\n")
        let hub = "registry-1.docker.io:443"
        #expect(try hosts(["busybox:1"]) == ["mirror.gcr.io:443", hub])
        #expect(try hosts(["quay.io/a/b:1"]) == ["quay.io:443"])
        #expect(try hosts(["busybox:1", "--mirror", "docker.io="]) == [hub])
        #expect(try hosts(["busybox:1", "--mirror", "docker.io=cache.example.com/hub"]) == ["cache.example.com:443", hub])
        // What the tag is now, only the registry knows.
        #expect(try hosts(["busybox:latest"]) == [hub])
        folder.write("dmi/sys_vendor", "QEMU\n")
        folder.write("dmi/product_name", "Standard PC\n")
        #expect(try hosts(["busybox:1"]) == [hub])
    }
}
