import TabardCore
import TabardJSON
import TabardTestSupport
import Testing

/// A document of Tests/Fixtures/json, as text or, where it is not UTF-8, in hexadecimal.
struct ConformanceCase: Sendable, CustomTestStringConvertible {
    let expected: JSONNode
    let name: String
    let bytes: [UInt8]

    var testDescription: String { name }

    init(_ node: JSONNode) throws {
        expected = node
        name = try node.requireString("name")
        if let text = try node.optionalString("text") {
            bytes = Array(text.utf8)
        } else {
            let digits = Array(try node.requireString("hex"))
            bytes = try stride(from: 0, to: digits.count, by: 2).map { try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16)) }
        }
    }

    static func load(_ file: String) throws -> [ConformanceCase] { try Fixtures.json("json/\(file)").elements.map(ConformanceCase.init) }
}

@Suite struct JSONConformanceTests {
    @Test(arguments: try ConformanceCase.load("accept.json"))
    func `accepted, with these values`(_ testCase: ConformanceCase) throws {
        let document = try JSONDocument(parsing: testCase.bytes)
        let expected = testCase.expected
        #expect(document.root.canonical() == (try expected.requireString("is")))
        #expect(document.duplicateKeys.count == Int(try expected.optionalInt64("duplicates") ?? 0))
        #expect(document.root.containsNUL == (try expected.optionalBool("nul") ?? false))
        guard document.root.kind == .number else { return }
        #expect(document.root.int64 == (try expected.optionalInt64("int64")))
        #expect(document.root.double?.bitPattern == (try expected.optionalString("double").flatMap(Double.init)?.bitPattern))
    }

    @Test(arguments: try ConformanceCase.load("refuse.json"))
    func `refused, here and for this reason`(_ testCase: ConformanceCase) throws {
        let error = #expect(throws: JSONError.self) { try JSONDocument(parsing: testCase.bytes) }
        #expect(error?.reason == (try testCase.expected.requireString("reason")))
        #expect(error?.position.line == Int(try testCase.expected.requireInt64("line")))
        #expect(error?.position.column == Int(try testCase.expected.requireInt64("column")))
    }

    /// The fixtures are by one hand with the reader; Python's parser is not.
    @Test func `Python agrees with the fixtures`() throws {
        let accepted = try ConformanceCase.load("accept.json")
        let refused = try ConformanceCase.load("refuse.json").filter { !$0.name.contains("too deep") }
        let answers = try PythonOracle("json_values.py").answers(to: (accepted + refused).map { hexadecimal($0.bytes) })
        for (testCase, answer) in zip(accepted + refused, answers) {
            #expect(answer.hasPrefix("accepted") == (testCase.expected["is"] != nil), "\(testCase.name)")
        }
    }

    @Test func `a failure names the file, the place and one character`() throws {
        let text = Array("{\n  \"password\": hunter2\n}".utf8)
        let error = #expect(throws: JSONError.self) { try JSONDocument(parsing: text) }
        #expect(error?.description == "line 2, column 15: expected a value, found 'h'")
        let failure = error?.failure(in: "/etc/tabard/config.json", attempting: "reading the configuration")
        #expect(failure?.code == .invalid)
        #expect(failure?.description == "reading the configuration (/etc/tabard/config.json:2:15): expected a value, found 'h'")
        let answer = JSONSource("https://sts.example/", attempting: "asking for a token", code: .badResponse)
        let other = #expect(throws: Failure.self) { try JSONDocument(reading: text, from: answer) }
        #expect(other?.code == .badResponse)
        #expect(other?.description == "asking for a token (https://sts.example/:2:15): expected a value, found 'h'")
    }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
