import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

@testable import TabardACR

@Suite struct JSONWebTokenTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let node: JSONNode
        var testDescription: String { node["name"]?.string ?? "?" }
    }

    @Test(arguments: try Fixtures.json("acr/tokens.json").elements.map { Case(node: $0) })
    func `a token's end is read as the fixture says`(_ c: Case) throws {
        #expect(JSONWebToken(Secret(try c.node.requireString("token")))?.expires.rfc3339 == c.node["expires"]?.string)
    }

    @Test(arguments: [
        (#"{"refresh_token":"abc"}"#, nil), (#"{"refresh_token":"abc","other":[1]}"#, nil), (#"{"refresh_token":""}"#, "is none"),
        (#"{"refresh_token":"a b"}"#, "is none"), (#"{"refresh_token":"a\r\nX: y"}"#, "is none"), (#"{"refresh_token":"ä"}"#, "is none"),
        (#"{"refresh_token":null}"#, "must be a string"), (#"{"access_token":"canary"}"#, "is missing"), ("[]", "must be an object"),
        ("<html>canary</html>", "expected"), ("", "the document is empty"),
    ])
    func `an answer holds a refresh token, or says what is wrong without repeating it`(body: String, complaint: String?) throws {
        guard let complaint else {
            #expect(try ACRRefreshToken(parsing: Secret(body), from: "reg").value.hasSameBytes(as: Secret("abc")))
            return
        }
        let failure = #expect(throws: Failure.self) { try ACRRefreshToken(parsing: Secret(body), from: "reg.azurecr.io") }
        #expect(failure?.code == .badResponse)
        let text = failure?.description ?? ""
        #expect(text.contains(complaint), "\(text)")
        #expect(text.contains("reg.azurecr.io"))
        #expect(!text.contains("canary"))
    }
}
