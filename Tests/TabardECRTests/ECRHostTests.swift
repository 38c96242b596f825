import TabardCore
import TabardJSON
import TabardPluginKit
import TabardTestSupport
import Testing

@testable import TabardECR

@Suite struct ECRHostTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let node: JSONNode
        var testDescription: String { "\(node["host"]?.string ?? "?") \(node["note"]?.string ?? "")" }
    }

    static func cases() throws -> [Case] { try Fixtures.json("ecr/hosts.json").elements.map { Case(node: $0) } }

    @Test(arguments: try cases())
    func `a host name says what the fixture says`(_ c: Case) throws {
        let name = try c.node.requireString("host")
        guard let region = c.node["region"]?.string else {
            #expect(ECRHost(name) == nil)
            return
        }
        let host = try #require(ECRHost(name))
        #expect(host.account == c.node["account"]?.string)
        #expect(host.isPublic == (host.account == nil))
        #expect(host.region == region)
        #expect(host.partition.id == (try c.node.requireString("partition")))
        #expect(host.isFIPS == (try c.node.requireBool("fips")))
        #expect(host.isDualStack == (try c.node.requireBool("dualStack")))
        let service: AWSService = host.isPublic ? .ecrPublic : .ecr
        let endpoint = try AWSEndpoint(
            service, region: host.region, following: host, override: nil, environment: AWSEnvironment { _ in nil })
        #expect(endpoint.url.host == (try c.node.requireString("endpoint")))
    }

    @Test func `the patterns of the provider lead every real host name to it`() throws {
        let patterns = try ECRProvider.descriptor.patterns.map { try ImagePattern($0) }
        for pattern in patterns { #expect(pattern.warnings.isEmpty, "\(pattern)") }
        for c in try Self.cases() {
            let name = try c.node.requireString("host")
            guard let host = ECRHost(name) else { continue }
            // A dot before a dual-stack domain: accepted when somebody adds it, but AWS gives out no such name. Underscores: likewise.
            if host.isDualStack && name.contains(".dkr.ecr") || name.contains("_") { continue }
            #expect(patterns.contains { $0.matches(name: "\(name.lowercased())/app") }, "\(name)")
        }
    }

    @Test func `endpoints follow the rules of the SDKs`() throws {
        for node in try Fixtures.json("ecr/endpoints.json").elements {
            let cells = node.elements
            let service = try #require(AWSService(rawValue: try cells[0].asString()))
            let host = service.host(
                region: try cells[1].asString(), isFIPS: try cells[2].asBool(), isDualStack: try cells[3].asBool())
            #expect("https://\(host)" == (try cells[4].asString()))
        }
    }
}
