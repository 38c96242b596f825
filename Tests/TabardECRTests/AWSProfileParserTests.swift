import TabardCore
import TabardJSON
import TabardSystem
import TabardTestSupport
import Testing

@testable import TabardECR

@Suite struct AWSProfileParserTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let node: JSONNode
        var testDescription: String { node["name"]?.string ?? "?" }
    }

    static func cases() throws -> [Case] { try Fixtures.json("ecr/profiles.json").elements.map { Case(node: $0) } }

    @Test(arguments: try cases())
    func `the shared files are read as the SDKs read them`(_ c: Case) throws {
        let texts = ["/h/.aws/config": c.node["config"]?.secret, "/h/.aws/credentials": c.node["credentials"]?.secret]
        let environment = AWSEnvironment(
            file: { (path) throws(SystemError) in
                guard let text = texts[path] ?? nil else { throw SystemError("open", on: path, number: 2) }
                return text
            }, value: { $0 == "HOME" ? "/h" : nil })
        guard let expected = c.node["profiles"] else {
            #expect(failure { try AWSProfiles(environment: environment) }?.code == .invalid)
            return
        }
        let profiles = try AWSProfiles(environment: environment)
        let found = profiles.all.mapValues { profile in
            profile.values.mapValues { value in value.withBytes { String(decoding: $0, as: UTF8.self) } }
        }
        var wanted: [String: [String: String]] = [:]
        for member in expected.members { wanted[member.key] = try member.value.asStringMap() }
        #expect(found == wanted)
    }
}
