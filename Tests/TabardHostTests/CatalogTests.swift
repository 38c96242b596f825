import TabardConfig
import TabardCore
@testable import TabardHost
import TabardSystem
import TabardTestSupport
import Testing

@Suite struct CatalogTests {
    private func catalog(
        _ host: HostFixture, _ folders: [String]? = nil, configuration: TabardConfiguration = .empty, chosen: Set<String> = [],
        trust: PluginTrust = .relaxed
    ) throws -> PluginCatalog {
        try PluginCatalog(
            directories: PluginDirectories(folders ?? [host.folder.path], source: "--plugin-dir"), configuration: configuration,
            chosen: chosen, services: host.services, trust: trust)
    }

    private func isLoaded(_ file: PluginFile) -> Bool {
        if case .loaded = file.state { return true }
        return false
    }

    @Test func `with manifests only the plugin that is asked is loaded`() async throws {
        try await onThread {
            let host = HostFixture()
            _ = try FixturePlugin.compile("good", into: host.folder, as: "libb")
            host.folder.write("libb.json", FixturePlugin.manifest.write())
            _ = try FixturePlugin.compile("any", into: host.folder, as: "liba")
            var other = FixturePlugin.manifest
            other.providers[0].id = "any"
            other.providers[0].patterns = []
            host.folder.write("liba.json", other.write())
            host.folder.write("libc.json", "no plugin")
            let catalog = try catalog(host)
            #expect(catalog.files.map(\.path) == [host.folder.path("liba.so"), host.folder.path("libb.so")])
            #expect(catalog.providers.map(\.id) == ["any", "fixture"])
            #expect(!catalog.files.contains(where: isLoaded) && catalog.rejected.isEmpty)
            #expect(try host.ask(catalog.providers[1]).entries.count == 1)
            #expect(catalog.files.map(isLoaded) == [false, true])
            #expect(!host.lines.contains { $0.level == .error || $0.level == .warning })
        }
    }

    @Test func `who asks one provider does not need the manifests of others`() throws {
        let host = HostFixture()
        for name in ["liba", "libb", "libc"] { host.folder.write("\(name).so", "") }
        host.folder.write("liba.json", FixturePlugin.manifest.write())
        host.folder.write("libb.json", "{\"schema\": 1,}")
        var other = FixturePlugin.manifest
        other.providers[0].id = "other"
        host.folder.write("libc.json", other.write())
        let others = try TabardConfiguration.empty.overriding(["other.matchImages=mine.test"])

        let one = try catalog(host, configuration: others, chosen: ["fixture"])
        #expect(one.files.map(\.path) == [host.folder.path("liba.so")] && one.rejected.isEmpty)
        #expect(host.lines.allSatisfy { $0.level != .error && $0.level != .warning }, "\(host.lines)")

        // The same id in other characters, which only a reader of JSON sees.
        let plain = String(decoding: FixturePlugin.manifest.write(), as: UTF8.self)
        host.folder.write("liba.json", plain.replacing(text: "\"fixture\"", with: "\"f\\u0069xture\""))
        #expect(try catalog(host, chosen: ["fixture"]).providers.map(\.id) == ["fixture"])

        // Whose id nobody has learns of all that are there.
        let unknown = #expect(throws: Failure.self) { _ = try catalog(host, chosen: ["othr"]) }
        #expect(unknown?.advice == "did you mean \"other\"?")
        #expect(host.logged("\(host.folder.path("libb.json")):1:14"))
    }

    @Test func `without a manifest, or with a malformed one, the plugin is loaded to be asked`() async throws {
        try await onThread {
            let host = HostFixture()
            _ = try FixturePlugin.compile("good", into: host.folder, as: "liba")
            _ = try FixturePlugin.compile("any", into: host.folder, as: "libb")
            host.folder.write("libb.json", "{\"schema\": 1,}")
            let catalog = try catalog(host)
            #expect(catalog.providers.map(\.id) == ["fixture", "any"] && catalog.files.allSatisfy(isLoaded))
            #expect(catalog.files.map { $0.manifest == nil } == [true, true])
            #expect(catalog.files[0].description == FixturePlugin.manifest)
            #expect(host.logged("\(host.folder.path("liba.so")) has no manifest and is loaded to be asked"))
            #expect(host.logged("\(host.folder.path("libb.json")):1:14"))
        }
    }

    @Test func `a stale manifest is reported, one that promises a provider too many fails for it`() async throws {
        try await onThread {
            let host = HostFixture()
            _ = try FixturePlugin.compile("good", into: host.folder, as: "liba")
            var stale = FixturePlugin.manifest
            stale.providers[0].isConcurrent = true
            stale.providers.append(ProviderManifest(id: "gone", title: "G", patterns: stale.providers[0].patterns))
            host.folder.write("liba.json", stale.write())
            let catalog = try catalog(host)
            #expect(try host.ask(catalog.providers[0]).entries.count == 1)
            #expect(host.logged("The manifest of \(host.folder.path("liba.so")) is stale (providers fixture, gone against fixture)"))
            let failure = #expect(throws: Failure.self) { _ = try host.ask(catalog.providers[1]) }
            #expect(failure?.code == .unsupported && failure?.reason == "has no provider gone, which its manifest promises")
        }
    }

    @Test func `a plugin that cannot be loaded fails when it is asked, with its reason, and is listed`() throws {
        let host = HostFixture()
        let path = host.folder.write("liba.so", "no ELF")
        host.folder.write("liba.json", FixturePlugin.manifest.write())
        let catalog = try catalog(host, [host.folder.path, host.folder.path("none")])
        #expect(catalog.rejected.map(\.reason) == ["No such file or directory"] && catalog.blindSpot == nil)
        for _ in 0..<2 {
            let failure = #expect(throws: Failure.self) { _ = try host.ask(catalog.providers[0]) }
            #expect(failure?.reason == "is not an ELF shared object" && failure?.source == "fixture")
        }
        #expect(catalog.rejected.map(\.path) == [host.folder.path("none"), path])
        #expect(host.lines.filter { $0.level == .error }.count == 1)
    }

    @Test func `a plugin of which nothing is known, and a missing folder, are blind spots`() throws {
        let host = HostFixture()
        #expect(try catalog(host, [host.folder.path("none")]).blindSpot?.subject == host.folder.path("none"))
        #expect(try catalog(host).blindSpot == nil)
        // A file that is no plugin at all hides none.
        host.folder.write("liba.so", "no ELF")
        #expect(try catalog(host).blindSpot == nil)
        let path = try FixturePlugin.compile("entry-fails", into: host.folder, as: "libb")
        #expect(try catalog(host).blindSpot?.subject == path)
    }

    @Test func `a plugin's provider serves an image with the port of https written, too`() throws {
        let host = HostFixture()
        host.folder.write("liba.so", "")
        host.folder.write("liba.json", FixturePlugin.manifest.write())
        let configuration = try TabardConfiguration.empty.overriding(["fixture.matchImages=own.test:5000"])
        let provider = try #require(try catalog(host, configuration: configuration).providers.first)
        let served = ["a.fixture.test/app:1", "a.fixture.test:443/app:1", "fixture.test:443/deep/app", "own.test:5000/app"]
        let others = [
            "a.fixture.test:8443/app", "own.test/app", "own.test:443/app", "fixture.test:443/flat", "a.fixture.test.evil:443/app",
        ]
        for image in served { #expect(!provider.serving(try ImageReference(image)).isEmpty, "\(image)") }
        for image in others { #expect(provider.serving(try ImageReference(image)).isEmpty, "\(image)") }
        let registry = ProviderRegistry([provider], log: host.services.log)
        #expect(registry.matches(for: try ImageReference("a.fixture.test:443/app")).map(\.pattern?.text) == ["*.fixture.test"])
    }

    @Test func `the first of two providers with one id wins`() throws {
        let host = HostFixture()
        for name in ["one/libz", "two/liba"] {
            host.folder.write("\(name).so", "")
            host.folder.write("\(name).json", FixturePlugin.manifest.write())
        }
        let catalog = try catalog(host, [host.folder.path("one"), host.folder.path("two")])
        #expect(catalog.providers.map(\.file.path) == [host.folder.path("one/libz.so")])
        #expect(catalog.rejected.map(\.path) == [host.folder.path("two/liba.so")])
        #expect(host.lines.contains { $0.level == .error && $0.message.contains("is also in \(host.folder.path("one/libz.so"))") })
    }

    @Test func `a provider is turned on, chosen and configured by its id`() throws {
        let host = HostFixture()
        var manifest = FixturePlugin.manifest
        manifest.providers[0].matchesAny = true
        host.folder.write("liba.so", "")
        host.folder.write("liba.json", manifest.write())
        func provider(_ sets: [String], chosen: Set<String> = []) throws -> PluginProvider {
            try catalog(host, configuration: try TabardConfiguration.empty.overriding(sets), chosen: chosen).providers[0]
        }
        #expect(try provider([]).matchesEveryImage == false)
        #expect(try provider(["fixture.user=x"]).matchesEveryImage)
        #expect(try provider([], chosen: ["fixture"]).matchesEveryImage)
        #expect(try provider(["fixture.matchImages=mine.test"], chosen: ["fixture"]).matchesEveryImage == false)
        #expect(
            try provider(["fixture.matchImages=mine.test"]).patterns.map(\.text) == ["*.fixture.test", "fixture.test/deep", "mine.test"])
        let unknown = #expect(throws: Failure.self) { _ = try provider([], chosen: ["fixtrue"]) }
        #expect(unknown?.code == .invalid && unknown?.advice == "did you mean \"fixture\"?")
        host.folder.write("libz.so", "no ELF")
        let broken = #expect(throws: Failure.self) { _ = try provider([], chosen: ["elsewhere"]) }
        #expect(broken?.advice == "\(host.folder.path("libz.so")) cannot be used: is not an ELF shared object")
        let wrong = #expect(throws: Failure.self) { _ = try provider(["fixture.usr=x"]) }
        #expect(wrong?.code == .invalid && wrong?.subject == "--set fixture.usr")
        _ = try catalog(host, configuration: try TabardConfiguration.empty.overriding(["fixtures.user=x"]))
        #expect(host.logged("providers.fixtures: no plugin here has a provider of that id; did you mean \"fixture\"?"))
    }

    @Test func `a file that others could have written is not loaded`() async throws {
        try await onThread {
            let host = HostFixture()
            let path = try FixturePlugin.compile("good", into: host.folder, as: "liba")
            host.folder.write("liba.json", FixturePlugin.manifest.write())
            // Below a folder that everybody may write to, sticky or not; the tests' own /tmp is one.
            let open = host.folder.path("open")
            host.folder.write("open/liba.so", try FileSystem.contents(of: path, limit: 1 << 20))
            try changeMode(of: open, to: 0o1777)
            let refusal = #expect(throws: Failure.self) {
                _ = try PluginLoader(trust: .ownersOnly, services: host.services).load("\(open)/liba.so")
            }
            #expect(refusal?.code == .local && refusal?.reason.contains("can be written by everybody (mode 01777)") == true)
            let trust = PluginTrust.ownersOnly
            #expect(try trust.complaint(aboutFileAndFolders: "/proc/version") == nil)
            let catalog = try catalog(host, trust: .ownersOnly)
            #expect(catalog.providers.isEmpty == (try trust.complaint(aboutFileAndFolders: host.folder.path) != nil))
        }
    }

    @Test func `a manifest is written from the plugin`() async throws {
        try await onThread {
            let host = HostFixture()
            let path = try FixturePlugin.compile("good", into: host.folder)
            let manifest = try ManifestWriter.manifest(ofPlugin: path, services: host.services, trust: .relaxed)
            #expect(manifest == FixturePlugin.manifest)
        }
    }
}
