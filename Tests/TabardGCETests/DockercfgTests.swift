import TabardCore
import TabardGCE
import TabardJSON
import TabardPluginKit
import TabardTestSupport
import Testing

@Suite struct DockercfgTests {
    @Test(arguments: try Fixtures.json("gce/dockercfg.json").elements.map { ExchangeCase(node: $0) })
    func `the provider does what the case says`(_ exchange: ExchangeCase) throws {
        let isFile = exchange.node["provider"]?.string == "google-dockercfg-url"
        let run = ExchangeRun(exchange) { (settings, surroundings) throws(Failure) in
            if isFile { return try GoogleDockercfgURLProvider(settings: settings, surroundings: surroundings) }
            return try GoogleDockercfgProvider(settings: settings, surroundings: surroundings)
        }
        run.check(exchange)
        guard case .success(let reply) = run.result else { return }
        let expected = try #require(exchange.node["entries"]?.elements, "it gave a reply instead of a failure")
        #expect(reply.entries.map(\.pattern) == expected.map { $0["pattern"]?.string })
        #expect(reply.entries.map(\.username) == expected.map { $0["username"]?.string })
        for (entry, node) in zip(reply.entries, expected) {
            #expect(entry.password.hasSameBytes(as: try node.requireSecret("password")))
        }
        #expect(reply.scope == .global)
        #expect(reply.duration == .seconds(60))
    }

    @Test func `the plugin exports the three ids that operators know`() {
        #expect(
            GooglePlugin.providers.map { $0.descriptor.id } == ["google-container-registry", "google-dockercfg", "google-dockercfg-url"])
        #expect(GooglePlugin.providers.map { $0.descriptor.matchesAny } == [false, true, true])
    }
}
