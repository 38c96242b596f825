import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

@testable import TabardRegistry

@Suite struct AuthenticationChallengeTests {
    @Test(arguments: try Fixtures.json("registry/challenges.json").elements)
    func `a field is read as the fixture says`(_ example: JSONNode) throws {
        var fields = try example.requireArray("fields").map { try $0.asString() }
        if let filler = try example.optionalObject("repeat") {
            let long = String(repeating: try filler.requireString("text"), count: Int(try filler.requireInt64("count")))
            fields = fields.map { $0.split(separator: "%s", omittingEmptySubsequences: false).joined(separator: long) }
        }
        let expected = try example.requireArray("challenges").map { node in
            AuthenticationChallenge(
                scheme: try node.requireString("scheme"), parameters: try node["params"]?.asStringMap() ?? [:],
                token68: try node.optionalString("token68"))
        }
        let challenges = AuthenticationChallenge.parse(fields: fields)
        #expect(challenges == expected)
        #expect(try pick(challenges) == example["pick"]?.string)
    }

    /// What a session of `registry.example.com` would use: the first Bearer with a realm that may be asked, else Basic.
    private func pick(_ challenges: [AuthenticationChallenge]) throws -> String? {
        let endpoint = try RegistryEndpoint(for: ImageReference("registry.example.com/a/b"))
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }),
            (try? endpoint.tokenServer(realm: bearer.parameters["realm"] ?? "")) != nil
        {
            return "bearer"
        }
        return challenges.contains { $0.scheme == "basic" } ? "basic" : nil
    }
}
