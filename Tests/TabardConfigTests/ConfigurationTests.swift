import TabardConfig
import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

@Suite struct ConfigurationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String, text: String, place: String, reason: String
        let advice: String?
        var testDescription: String { name }

        static func all(_ file: String) throws -> [Case] {
            try Fixtures.json("config/\(file)").asArray().map { node in
                Case(
                    name: try node.requireString("name"), text: try node.requireString("text"), place: try node.requireString("place"),
                    reason: try node.requireString("reason"), advice: try node.optionalString("advice"))
            }
        }

        func expect(_ failure: Failure?) {
            #expect(failure?.code == .invalid)
            #expect(failure?.subject == place)
            #expect(failure?.reason.hasPrefix(reason) == true, "\(failure?.reason ?? "")")
            if let advice { #expect(failure?.advice == advice) }
        }
    }

    @Test(arguments: try Case.all("refuse.json"))
    func `a mistake in config json has its place, its field and its reason`(_ mistake: Case) {
        mistake.expect(
            #expect(throws: Failure.self) { _ = try TabardConfiguration.parse(Array(mistake.text.utf8), file: "config.json") })
    }

    @Test(arguments: try Case.all("manifest-refuse.json"))
    func `a mistake in a manifest has its place, its field and its reason`(_ mistake: Case) {
        mistake.expect(#expect(throws: Failure.self) { _ = try PluginManifest.parse(Array(mistake.text.utf8), file: "m.json") })
    }

    @Test func `settings are flattened, with their places`() throws {
        let text = """
            {"providers": {"aws-ecr-key": {
              "matchImages": ["*.mirror.test", "more.test/team"],
              "region": "eu-west-1", "retries": 1.50, "fips": true,
              "rules": [{"match": "a.test", "roles": ["one", "two"]}, {"match": "b.test"}],
              "metadata": {"endpoint": "http://127.0.0.1:1/"}, "none": {}, "empty": []
            }}}
            """
        let configuration = try TabardConfiguration.parse(Array(text.utf8), file: "/etc/tabard/config.json")
        let provider = try #require(configuration.providers["aws-ecr-key"])
        #expect(provider.matchImages.map(\.text) == ["*.mirror.test", "more.test/team"])
        #expect(
            provider.settings.map { "\($0.key)=\($0.value)" } == [
                "region=eu-west-1", "retries=1.50", "fips=true", "rules.0.match=a.test", "rules.0.roles.0=one", "rules.0.roles.1=two",
                "rules.1.match=b.test", "metadata.endpoint=http://127.0.0.1:1/",
            ])
        #expect(provider.place(of: "rules.1.match") == "/etc/tabard/config.json:4:69")
        #expect(provider.settings[3].path == "providers.aws-ecr-key.rules[0].match")
        #expect(configuration.file == "/etc/tabard/config.json")
    }

    @Test func `the command line wins over the file`() throws {
        let text = #"{"providers": {"x": {"region": "a", "list": ["1", "2"], "other": "o"}}}"#
        let configuration = try TabardConfiguration.parse(Array(text.utf8), file: "c").overriding([
            "x.region=b=c", "x.list.0=3", "x.list=", "y.key=v", "x.matchImages=p.test",
        ])
        #expect(configuration.providers["x"]?.settings.map { "\($0.key)=\($0.value)" } == ["other=o", "region=b=c", "list="])
        #expect(configuration.providers["x"]?.place(of: "region") == "--set x.region")
        #expect(configuration.providers["x"]?.matchImages.map(\.text) == ["p.test"])
        #expect(configuration.providers["y"]?.settings.first?.path == "providers.y.key")
    }

    @Test(arguments: ["", "x", "x.key", "x=1", "x.=1", "X.key=1", ".key=1"])
    func `a set option of another form is refused without repeating it`(_ text: String) {
        let failure = #expect(throws: Failure.self) { _ = try TabardConfiguration.empty.overriding([text]) }
        #expect(failure?.code == .invalid && failure?.reason == "it is not ID.KEY=VALUE")
    }

    @Test func `a set pattern that is malformed names the option`() {
        let failure = #expect(throws: Failure.self) { _ = try TabardConfiguration.empty.overriding(["x.matchImages=a:b"]) }
        #expect(failure?.subject == "--set x.matchImages")
    }

    @Test func `traps in patterns are warnings with their place`() throws {
        let text = #"{"providers": {"x": {"matchImages": ["a.test/team-*"]}}}"#
        let warnings = try TabardConfiguration.parse(Array(text.utf8), file: "c").warnings
        #expect(warnings.count == 1 && warnings[0].hasPrefix("c:1:38: providers.x.matchImages[0]: "), "\(warnings)")
    }

    @Test func `files are found or named`() throws {
        let folder = TemporaryFolder()
        let path = folder.write("c.json", #"{"providers": {}}"#)
        #expect(try ConfigurationFile(option: path).configuration().file == path)
        let failure = #expect(throws: Failure.self) { _ = try ConfigurationFile(option: folder.path("none.json")).configuration() }
        #expect(failure?.code == .invalid && failure?.subject == folder.path("none.json"))
        #expect(failure?.reason.hasSuffix("No such file or directory") == true)
    }

    @Test func `a file is read once, whatever is asked about it`() throws {
        let folder = TemporaryFolder()
        let path = folder.write("c.json", #"{"agentSocket": "/run/a.sock", "insecureRegistries": ["a.test"]}"#)
        let file = ConfigurationFile(option: path)
        #expect(file.agentSocket == "/run/a.sock")
        folder.write("c.json", "{}")
        #expect(try file.configuration().insecureRegistries == ["a.test"])
        #expect(ConfigurationFile(option: path).agentSocket == nil)
    }

    @Test func `the agent's place is told whatever else is wrong in the file`() {
        let folder = TemporaryFolder()
        let file = ConfigurationFile(option: folder.write("c.json", #"{"agentSocket": "/run/a.sock", "mirrors": 1}"#))
        #expect(file.agentSocket == "/run/a.sock")
        #expect(throws: Failure.self) { _ = try file.configuration() }
        #expect(ConfigurationFile(option: folder.write("d.json", "[1]")).agentSocket == nil)
        #expect(ConfigurationFile(option: folder.write("e.json", "{")).agentSocket == nil)
    }
}
