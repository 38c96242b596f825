import TabardCore
import TabardECR
import TabardJSON
import TabardTestSupport
import Testing

@Suite struct ECRAuthorizationTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let node: JSONNode
        var testDescription: String { node["name"]?.string ?? "?" }
    }

    static func cases() throws -> [Case] { try Fixtures.json("ecr/answers.json").elements.map { Case(node: $0) } }

    @Test(arguments: try cases())
    func `an answer is read as the fixture says`(_ c: Case) throws {
        let body = Secret(try c.node.requireString("body"))
        let isPublic = try c.node.requireBool("public")
        if let complaint = c.node["error"]?.string {
            let failure = #expect(throws: Failure.self) { try ECRAuthorization(parsing: body, isPublic: isPublic, from: "host") }
            #expect(failure?.code == .badResponse)
            #expect(failure?.description.contains(complaint) == true, "\(String(describing: failure))")
            return
        }
        let authorization = try ECRAuthorization(parsing: body, isPublic: isPublic, from: "host")
        #expect(authorization.username == (try c.node.requireString("username")))
        #expect(authorization.password.hasSameBytes(as: Secret(try c.node.requireString("password"))))
        #expect(authorization.expires?.rfc3339 == c.node["expires"]?.string)
    }
}
