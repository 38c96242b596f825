import TabardCore
import TabardGCE
import TabardJSON
import TabardPluginKit
import TabardTestSupport
import Testing

@Suite struct GoogleRegistryTests {
    @Test(arguments: try Fixtures.json("gce/hosts.json").elements.map { HostCase($0) })
    func `a host is Google's or it is not`(_ hostCase: HostCase) throws {
        let registry = GoogleRegistry(host: hostCase.host)
        #expect((registry != nil) == hostCase.isGoogle, "\(hostCase.host)")
        if let universe = hostCase.universe { #expect(registry == .universe(apiDomain: universe)) }
    }

    @Test(arguments: try Fixtures.json("gce/hosts.json").elements.map { HostCase($0) }.filter(\.isGoogle))
    func `the patterns reach every host of Google`(_ hostCase: HostCase) throws {
        let patterns = try GoogleRegistry.patterns.map { try ImagePattern($0) }
        // To the host, a pattern without a port serves that of https, too.
        let host = hostCase.host.hasSuffix(":443") ? String(hostCase.host.dropLast(4)) : hostCase.host
        #expect(patterns.contains { $0.matches(name: "\(host)/project/app") }, "\(hostCase.host)")
        #expect(GoogleContainerRegistryProvider.descriptor.patterns == GoogleRegistry.patterns)
    }

    struct HostCase: Sendable, CustomTestStringConvertible {
        let host: String
        let isGoogle: Bool
        let universe: String?
        var testDescription: String { host.escapingControlCharacters() }

        init(_ node: JSONNode) {
            host = node["host"]?.string ?? ""
            isGoogle = node["isGoogle"]?.bool ?? false
            universe = node["universe"]?.string
        }
    }
}
