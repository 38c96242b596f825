import TabardCore
import TabardExec
import TabardExecPlugins
import TabardJSON
import TabardTestSupport
import Testing

/// A kubelet's configuration, read and refused as the kubelet does.
@Suite struct ExecPluginFilesTests {
    static func cases() throws -> [JSONNode] { try Fixtures.json("exec-plugins/config.json").elements }

    @Test(arguments: try cases()) func `a configuration is read or refused as the fixture says`(_ test: JSONNode) throws {
        let name = try test.requireString("name")
        let folder = TemporaryFolder()
        var path = folder.path
        for file in try test.requireArray("files") {
            path = folder.write(try file.requireString("name"), try file.requireString("content"))
        }
        if try test.requireBool("directory") { path = folder.path }
        if let complaints = try test.optional("complaints")?.asStrings() {
            let failure = #expect(throws: Failure.self, "\(name)") { try ExecPluginFiles.read(path) }
            #expect(failure?.code == .invalid, "\(name)")
            for words in complaints { #expect(failure?.description.contains(words) == true, "\(name): \(failure?.description ?? "")") }
            return
        }
        let config = try ExecPluginFiles.read(path)
        for words in try test.optional("warns")?.asStrings() ?? [] { #expect(config.warnings.contains { $0.contains(words) }, "\(name)") }
        guard let expected = try test.optionalArray("plugins") else { return }
        #expect(config.plugins.count == expected.count, "\(name)")
        for (plugin, node) in zip(config.plugins, expected) {
            #expect(plugin.name == (try node.requireString("name")))
            #expect(plugin.command == (try node.optionalString("command")))
            if let images = try node.optional("matchImages")?.asStrings() { #expect(plugin.patterns.map(\.text) == images) }
            if let text = try node.optionalString("defaultCacheDuration") {
                #expect(plugin.defaultDuration == (try GoDuration.parse(text)))
            }
            if let version = try node.optionalString("apiVersion") { #expect(plugin.version.apiVersion == version) }
            if let arguments = try node.optional("args")?.asStrings() { #expect(plugin.arguments == arguments) }
            for variable in try node.optionalArray("env") ?? [] {
                let (name, value) = (try variable.requireString("name"), try variable.requireString("value"))
                #expect(plugin.environment.contains { $0 == (name, value) })
            }
        }
    }

    @Test func `a folder with too many files is refused with their number`() throws {
        let folder = TemporaryFolder()
        for number in 0...1000 { folder.write("\(number).yaml", "") }
        let failure = #expect(throws: Failure.self) { try ExecPluginFiles.read(folder.path) }
        #expect(failure?.description.contains("more than 1000 configuration files") == true)
    }

    @Test func `what is no file is refused and not waited for`() throws {
        let folder = TemporaryFolder()
        #expect(throws: Failure.self) { try ExecPluginFiles.read(folder.path + "/missing") }
        #expect(throws: Failure.self) { try ExecPluginFiles.read("/dev/null") }
    }
}
