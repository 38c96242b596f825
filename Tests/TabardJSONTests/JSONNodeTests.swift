import TabardCore
import TabardJSON
import Testing

@Suite struct JSONNodeTests {
    private static let text = """
        {
          "providers": {
            "ecr": {"region": ["a", "b", 7], "n": 1e3, "half": 0.5, "on": true, "none": null},
            "x.y": {"\\u0061b": "q\\n\\ud83d\\ude00\\u0000"}
          }
        }
        """

    private func root() throws -> JSONNode {
        try JSONDocument(reading: Array(Self.text.utf8), from: JSONSource("config.json", attempting: "reading the configuration")).root
    }

    @Test func `values, paths and positions`() throws {
        let ecr = try #require(try root()["providers"]?["ecr"])
        #expect(ecr["region"]?.elements.map(\.path) == (0..<3).map { "providers.ecr.region[\($0)]" })
        #expect(ecr["n"]?.int64 == 1000)
        #expect(ecr["n"]?.numberText == "1e3")
        #expect(ecr["half"]?.int64 == nil)
        #expect(ecr["half"]?.double == 0.5)
        #expect(ecr["on"]?.bool == true)
        #expect(ecr["none"]?.isNull == true)
        #expect(ecr["absent"] == nil)
        let other = try #require(try root()["providers"]?["x.y"]?["ab"])
        #expect(other.path == "providers[\"x.y\"].ab")
        #expect(other.string == "q\n😀\u{0}")
        #expect(other.containsNUL)
        #expect(other.secret?.hasSameBytes(as: Secret("q\n😀\u{0}")) == true)
        #expect(other.position.line == 4 && other.position.column == 24)
        let member = try #require(try root()["providers"]?.members.first)
        #expect(member.key == "ecr" && member.keyPosition.line == 3 && member.keyPosition.column == 5)
    }

    @Test func `failures name file, place, path and kinds, never values`() throws {
        let ecr = try root().requireObject("providers").requireObject("ecr")
        func message(_ body: () throws(Failure) -> Void) -> String {
            do {
                try body()
                return "no failure"
            } catch {
                return "\(error)"
            }
        }
        #expect(
            message { () throws(Failure) in _ = try ecr.requireString("n") }
                == "reading the configuration (config.json:3:43): providers.ecr.n must be a string, is a number")
        #expect(
            message { () throws(Failure) in _ = try ecr.requireInt64("half") }
                == "reading the configuration (config.json:3:56): providers.ecr.half must be an integer of 64 bits")
        #expect(
            message { () throws(Failure) in _ = try ecr.require("region").asStrings() }
                == "reading the configuration (config.json:3:34): providers.ecr.region[2] must be a string, is a number")
        #expect(
            message { () throws(Failure) in _ = try ecr.requireBool("gone") }
                == "reading the configuration (config.json:3:12): providers.ecr.gone is missing")
        #expect(
            message { () throws(Failure) in _ = try ecr.document.root.asArray() }
                == "reading the configuration (config.json:1:1): the top level must be an array, is an object")
        #expect(
            message { () throws(Failure) in try ecr.refuseUnknownMembers(known: ["regoin", "n", "on", "none", "half"]) }
                == "reading the configuration (config.json:3:13): providers.ecr.region is unknown; did you mean \"regoin\"?")
        #expect(try ecr.optionalString("none") == nil)
        #expect(try ecr.optionalBool("on") == true)
    }

    @Test func `the last of several equal names wins and the others are known`() throws {
        let text = #"{"a": 1, "b": {"c": 1, "\u0063": 2}, "\u0061": 3, "a": 4}"#
        let document = try JSONDocument(parsing: Array(text.utf8))
        #expect(document.root["a"]?.int64 == 4)
        #expect(document.root.members.map(\.key) == ["b", "a"])
        #expect(document.duplicateKeys.map(\.key) == ["c", "a", "a"])
        #expect(document.duplicateKeys.map(\.keyPosition.column) == [24, 38, 51])
        #expect(throws: Failure.self) { try document.refuseDuplicateKeys() }
    }

    @Test func `many names, many of them equal`() throws {
        let names = (0..<5000).map { "n\($0 % 1000)" }
        let text = "{" + names.map { "\"\($0)\":\"x\"" }.joined(separator: ",") + "}"
        let document = try JSONDocument(parsing: Array(text.utf8))
        #expect(document.duplicateKeys.count == 4000)
        #expect(document.root.members.map(\.key) == (0..<1000).map { "n\($0)" })
    }
}
