import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

/// Files that should be plugins and are not: each spoils only itself, and says why.
@Suite struct BadPluginTests {
    enum Kind: String, CaseIterable {
        case text, empty, failing, future

        var words: [String] {
            switch self {
            case .text: ["not an ELF"]
            case .empty: ["tabard_plugin_entry_v1"]
            case .failing: ["entry failed"]
            case .future: ["entry", "TABARD_E_UNSUPPORTED"]
            }
        }

        /// What the file is made of: C, or nil for a text.
        var source: String? {
            let entry = "TABARD_EXPORT tabard_status tabard_plugin_entry_v1(const tabard_host_v1 *host, const tabard_plugin_v1 **plugin)"
            return switch self {
            case .text: nil
            case .empty: "int nothing;\n"
            case .failing: "#include \"tabard.h\"\n\(entry) { (void)host; (void)plugin; return TABARD_E_LOCAL; }\n"
            case .future: "#include \"tabard.h\"\n\(entry) { (void)host; (void)plugin; return TABARD_E_UNSUPPORTED; }\n"
            }
        }

        func make(in folder: String, of world: World) throws {
            let name = "\(folder)/libtabard-\(rawValue).so"
            guard let source else {
                world.folder.write(name, "this is a text\n", mode: 0o644)
                return
            }
            world.folder.write("\(folder)/../\(rawValue).c", source)
            let made = try Tool.run(
                "cc",
                [
                    "-shared", "-fPIC", "-I", "\(Repository.root)/Sources/CTabard/include", "-o", world.folder.path(name),
                    world.folder.path("\(rawValue).c"),
                ])
            #expect(made.status == 0, "\(made)")
        }
    }

    @Test(arguments: Kind.allCases)
    func `a bad file beside good plugins spoils only itself`(kind: Kind) throws {
        let world = try World()
        world.folder.write("bad/.keep", "")
        try kind.make(in: "bad", of: world)
        let places = ["--plugin-dir", "\(StagedTools.folder)/lib/tabard/v1", "--plugin-dir", world.folder.path("bad")]
        // The folder of a test lies below /tmp, where nothing would be loaded and everything looks the same.
        let relaxed = ["TABARD_PLUGIN_RELAXED": "1"]
        let result = try world.ask(places, environment: relaxed)
        #expect(result.status == 0 && result.output.contains(#""password":"#), "\(result)")
        for word in kind.words { #expect(result.errors.contains(word), "\(result)") }
        let listed = try world.run("tabard", ["providers", "--json"] + places, environment: relaxed)
        let answer = try JSONDocument(parsing: Array(listed.output.utf8)).root
        let rejected = try #require(answer["rejected"]?.elements.first)
        #expect(rejected["path"]?.string == world.folder.path("bad/libtabard-\(kind.rawValue).so"))
        for word in kind.words { #expect(rejected["reason"]?.string?.contains(word) == true, "\(listed)") }
        #expect(answer["providers"]?.elements.contains { $0["id"]?.string == "google-container-registry" } == true)
    }

    @Test(arguments: Kind.allCases)
    func `a question for a plugin that does not load fails with the reason`(kind: Kind) throws {
        let world = try World()
        let manifest = try FileSystem.contents(of: "\(StagedTools.folder)/lib/tabard/v1/libtabard-gce.json", limit: 1 << 20)
        world.folder.write("bad/libtabard-\(kind.rawValue).json", manifest)
        try kind.make(in: "bad", of: world)
        let result = try world.ask(["--plugin-dir", world.folder.path("bad")], environment: ["TABARD_PLUGIN_RELAXED": "1"])
        expectFailure(result, status: 1, saying: kind.words + ["google-container-registry", "bad/libtabard-"], hiding: try world.secrets())
        #expect(try world.requests(to: "cloud").isEmpty)
    }

    @Test func `a file that others may write is not loaded`() throws {
        let world = try World()
        let plugin = try FileSystem.contents(of: StagedTools.plugin("gce"), limit: 64 << 20)
        world.folder.write("open/libtabard-gce.so", plugin, mode: 0o666)
        let result = try world.ask(["--plugin-dir", world.folder.path("open")], environment: ["TABARD_PLUGIN_RELAXED": ""])
        #expect(!result.output.contains("password"), "\(result)")
        #expect(result.errors.contains("can be written by"), "\(result)")
    }

    @Test(arguments: [100, 4000, 4_000_000])
    func `a plugin that is cut short is refused, and ends nobody`(_ bytes: Int) throws {
        let world = try World()
        let plugin = try FileSystem.contents(of: StagedTools.plugin("gce"), limit: 64 << 20)
        world.folder.write("cut/libtabard-gce.so", plugin.prefix(bytes))
        world.folder.write(
            "cut/libtabard-gce.json", try FileSystem.contents(of: "\(StagedTools.folder)/lib/tabard/v1/libtabard-gce.json", limit: 1 << 20))
        let result = try world.ask(["--plugin-dir", world.folder.path("cut")], environment: ["TABARD_PLUGIN_RELAXED": "1"])
        expectFailure(result, status: 1, saying: ["is cut short"], hiding: try world.secrets())
    }

    @Test func `an image that nobody serves stays so beside a file that is no plugin`() throws {
        let world = try World()
        try Kind.text.make(in: "bad", of: world)
        let places = ["--plugin-dir", "\(StagedTools.folder)/lib/tabard/v1", "--plugin-dir", world.folder.path("bad")]
        let result = try world.ask(places, image: "nginx", environment: ["TABARD_PLUGIN_RELAXED": "1"])
        #expect(result.status == 0 && result.output.contains(#""auth":{}"#), "\(result)")
    }
}
