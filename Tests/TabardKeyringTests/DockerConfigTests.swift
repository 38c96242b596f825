import TabardCore
import TabardJSON
import TabardKeyring
import TabardTestSupport
import Testing

@Suite struct DockerConfigTests {
    static func cases() throws -> [JSONNode] { try Fixtures.json("keyring/configs.json").elements }

    @Test(arguments: try cases()) func `a docker config is read as the fixture says`(_ test: JSONNode) throws {
        let name = try test.requireString("name")
        let text = Secret(try test.requireString("text"))
        let format: DockerConfig.Format = try test.requireString("format") == "legacy" ? .legacy : .config
        if let fails = try test.optionalString("fails") {
            let failure = #expect(throws: Failure.self, "\(name)") { try DockerConfig.parse(text, file: "config.json", format: format) }
            #expect(failure?.description.contains(fails) == true, "\(name): \(String(describing: failure))")
            return
        }
        let config = try DockerConfig.parse(text, file: "config.json", format: format)
        let expected = try test.requireArray("entries").map { try $0.asStrings() }
        #expect(
            config.entries.map { [$0.pattern, $0.username, $0.password.text, $0.kind.rawValue] }
                == expected.map { $0.count == 4 ? $0 : $0 + ["basic"] }, "\(name)")
        let problems = try test.require("problems").asStrings()
        #expect(config.problems.count == problems.count, "\(name): \(config.problems)")
        for (problem, part) in zip(config.problems, problems) { #expect(problem.description.contains(part), "\(name): \(problem)") }
        #expect(config.credHelpers == (try test.optional("credHelpers")?.asStringMap() ?? [:]), "\(name)")
        #expect(config.credsStore == (try test.optionalString("credsStore")), "\(name)")
        for entry in config.entries { #expect(!entry.origin.description.contains("s3cr3t"), "\(entry.origin)") }
    }

    @Test func `an entry tells the file and the key that it came from`() throws {
        let text = Secret(#"{"auths":{"https://index.docker.io/v1/":{"auth":"YTpi"}}}"#)
        let config = try DockerConfig.parse(text, file: "/root/.docker/config.json", format: .config)
        #expect(config.entries.map(\.origin.description) == ["docker-config /root/.docker/config.json: index.docker.io"])
    }
}

extension Secret {
    /// The text, for tests only.
    var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
