import TabardCore
import TabardJSON
import TabardPluginKit
import TabardTestSupport
import Testing

@testable import TabardACR

@Suite struct ACRHostTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let node: JSONNode
        var host: String { node["host"]?.string ?? "" }
        var testDescription: String { "\(host.escapingControlCharacters()) \(node["note"]?.string ?? "")" }
    }

    static func cases() throws -> [Case] { try Fixtures.json("acr/hosts.json").elements.map { Case(node: $0) } }

    @Test(arguments: try cases())
    func `a host is a login server or it is not`(_ c: Case) throws {
        let host = ACRHost(c.host)
        #expect(host?.loginServer == c.node["loginServer"]?.string)
        #expect(host?.cloud.rawValue == c.node["cloud"]?.string)
    }

    @Test func `the patterns of the provider lead every login server to it, and no data endpoint`() throws {
        let patterns = try ACRProvider.descriptor.patterns.map { try ImagePattern($0) }
        for pattern in patterns { #expect(pattern.warnings.isEmpty, "\(pattern)") }
        for c in try Self.cases() {
            let isReached = patterns.contains { $0.matches(name: "\(c.host)/app") }
            // The kubelet compares ports too: an image that writes the usual one out needs a pattern of the operator's.
            if let host = ACRHost(c.host), !c.host.hasSuffix(":443") { #expect(isReached, "\(host.loginServer)") }
            if c.host.contains(".data.") { #expect(!isReached, "\(c.host)") }
        }
    }
}
