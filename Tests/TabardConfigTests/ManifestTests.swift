@testable import TabardConfig
import TabardCore
import TabardSystem
import TabardTestSupport
import Testing

@Suite struct ManifestTests {
    private func sample() throws -> PluginManifest {
        PluginManifest(
            version: "1.2", vendor: "V \"quoted\"", abiMinor: 3,
            providers: [
                ProviderManifest(
                    id: "a", title: "A", patterns: [try ImagePattern("*.a.test")], isConcurrent: true, matchesAny: false,
                    usesServiceAccount: true,
                    settings: SettingDescription.Kind.allCases.map { SettingDescription(key: $0.rawValue, doc: "d", kind: $0) } + [
                        SettingDescription(key: "s", doc: "d", isSecret: true, isRepeated: true)
                    ]),
                ProviderManifest(id: "b", title: "B", patterns: [], matchesAny: true),
            ])
    }

    @Test func `a manifest that is written reads back the same`() throws {
        let folder = TemporaryFolder()
        let manifest = try sample()
        let path = folder.write("libx.json", manifest.write())
        #expect(try PluginManifest.load(path: path) == manifest)
        #expect(manifest.difference(from: manifest) == nil)
        let missing = #expect(throws: Failure.self) { _ = try PluginManifest.load(path: folder.path("none.json")) }
        #expect(missing?.code == .notFound)
    }

    @Test func `the manifest that the documentation shows is one, written as this program writes it`() throws {
        let page = String(decoding: try FileSystem.contents(of: "\(Repository.root)/docs/manifests.md", limit: 1 << 20), as: UTF8.self)
        let shown = try #require(page.split(separator: "<!-- manifest -->\n```json\n").last?.split(separator: "```").first)
        let manifest = try PluginManifest.parse(Array(shown.utf8), file: "manifests.md")
        #expect(String(decoding: manifest.write(), as: UTF8.self) == shown)
        for kind in SettingDescription.Kind.allCases { #expect(page.contains("`\(kind.rawValue)`")) }
    }

    @Test func `token attributes that no kubelet takes refuse a manifest`() throws {
        let text = """
            {"schema":1,"version":"1","vendor":"x","abiMinor":0,"providers":[{"id":"a","title":"A","patterns":[],"tokenAttributes":
            {"audience":"x","cacheType":"Token","requiredAnnotationKeys":["k"]}}]}
            """
        let failure = #expect(throws: Failure.self) { _ = try PluginManifest.parse(Array(text.utf8), file: "m.json") }
        #expect(failure?.reason.contains("require annotations but no service account") == true, "\(failure?.description ?? "")")
    }

    @Test func `only differences that a host acts on count`() throws {
        let manifest = try sample()
        func changed(_ change: (inout PluginManifest) throws -> Void) throws -> String? {
            var other = manifest
            try change(&other)
            return manifest.difference(from: other)
        }
        #expect(try changed { $0.version = "2" } == nil)
        #expect(try changed { $0.providers[0].settings[0].doc = "else" } == nil)
        #expect(try changed { $0.providers[0].patterns.append(try ImagePattern("x.test")) } == "the patterns of a")
        #expect(try changed { $0.providers[0].isConcurrent = false } == "the flags of a")
        #expect(try changed { $0.providers[0].settings[1].isRepeated = true } == "the settings of a")
        #expect(try changed { $0.providers.removeLast() } == "providers a, b against a")
    }

    @Test func `kinds have the numbers of the header`() {
        #expect((0...8).map { SettingDescription.Kind(code: $0) } == [.text] + SettingDescription.Kind.allCases + [.text])
    }

    @Test(arguments: [
        ("a", true), ("0-", true), ("aws-ecr-key", true), ("", false), ("-a", false), ("A", false), ("a_b", false), ("é", false),
    ])
    func `an id is lower-case letters, digits and hyphens`(_ text: String, _ isID: Bool) {
        #expect(ProviderManifest.isID(text) == isID)
    }

    @Test func `an id has at most 63 bytes`() {
        #expect(ProviderManifest.isID(String(repeating: "a", count: 63)))
        #expect(!ProviderManifest.isID(String(repeating: "a", count: 64)))
    }

    @Test func `folders come from the option, the variable, the place of the program, the system`() {
        let folder = TemporaryFolder()
        folder.write("prefix/bin/program", "")
        func paths(_ options: [String], _ variable: String?, _ program: String?) -> [String] {
            PluginDirectories.search(options: options, variable: variable, program: program).paths
        }
        let program = folder.path("prefix/bin/program")
        #expect(paths(["/a", "/b"], "/c", program) == ["/a", "/b"])
        #expect(paths([], "/c::/d", program) == ["/c", "/d"])
        #expect(paths([], nil, program) == ["/usr/lib/tabard/v1"])
        folder.write("prefix/lib/tabard/v1/x", "")
        #expect(paths([], "", program) == [folder.path("prefix/lib/tabard/v1")])
        #expect(paths([], nil, nil) == ["/usr/lib/tabard/v1"])
    }
}
