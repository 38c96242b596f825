import TabardCore
import TabardJSON
import TabardTestSupport
import TabardYAML
import Testing

@Suite struct YAMLStreamTests {
    static func documents(_ text: String, limits: JSONLimits = .standard) throws -> [JSONDocument] {
        try YAMLStream.documents(in: Secret(text), from: JSONSource("f.yaml", attempting: "reading a test"), limits: limits)
    }

    static func json(_ node: JSONNode) -> String {
        var json = JSONWriter()
        json.value(node)
        return String(decoding: json.finishBytes(), as: UTF8.self)
    }

    static func failure(_ text: String, limits: JSONLimits = .standard) -> Failure? {
        do {
            _ = try documents(text, limits: limits)
            return nil
        } catch {
            return error as? Failure
        }
    }

    /// What kubectl makes of the same text, by way of `kubectl label --local -o json`; numbers beyond a double's digits as they are.
    @Test func `values are what Kubernetes reads`() throws {
        for fixture in try Fixtures.json("yaml/accept.json").elements {
            let name = try fixture.requireString("name")
            let wanted = try fixture.require("json").asStrings()
            let read = try Self.documents(fixture.requireString("yaml"))
            #expect(read.count == wanted.count, "\(name)")
            for (document, json) in zip(read, wanted) {
                let expected = try JSONDocument(parsing: Array(json.utf8))
                #expect(Self.json(document.root) == Self.json(expected.root), "\(name)")
            }
        }
    }

    @Test func `what is refused is told with its place`() throws {
        for fixture in try Fixtures.json("yaml/refuse.json").elements {
            let name = try fixture.requireString("name")
            let failure = try #require(Self.failure(try fixture.requireString("yaml")), "\(name)")
            let place = try "f.yaml:\(fixture.requireInt64("line")):\(fixture.requireInt64("column"))"
            #expect(failure.subject == place, "\(name): \(failure)")
            #expect(failure.description.contains(try fixture.requireString("says")), "\(name): \(failure)")
            #expect(failure.code == .invalid)
        }
    }

    /// Whatever begins like JSON is read as JSON first, which takes what libyaml does not and tells mistakes better.
    @Test(arguments: [
        ("{\"a\":\t\"\\ud83d\\ude00\"}", ["{\"a\":\"😀\"}"]), ("\n \t{\"a\": 1}\n", ["{\"a\":1}"]),
        ("{\"\(String(repeating: "k", count: 2000))\": 1}", ["{\"\(String(repeating: "k", count: 2000))\":1}"]),
        ("{a: 1, b: [x]}", ["{\"a\":1,\"b\":[\"x\"]}"]), ("{\"a\": 1}\n---\n{\"b\": 2}\n", ["{\"a\":1}", "{\"b\":2}"]),
        ("{\"a\": 1, # why\n\"b\": 2}", ["{\"a\":1,\"b\":2}"]), ("[1, 2]", ["[1,2]"]), ("a: 1\n---\nb: 2", ["{\"a\":1}", "{\"b\":2}"]),
        ("", []),
    ])
    func `a text is JSON, or else YAML`(text: String, expected: [String]) throws {
        let source = JSONSource("f.json", attempting: "reading a test")
        #expect(try YAMLStream.documentsOrJSON(in: Secret(text), from: source).map { Self.json($0.root) } == expected)
    }

    @Test(arguments: [
        // As JSON alone each would be read, or told worse as YAML.
        ("{\"a\": {\"b\": 1, \"b\": 2}}", "f.json:1:16", "a.b is given twice"), ("{\"a\": 01}}", "f.json:1:7", "number"),
        ("{\"a\": \"b\nc\"", "f.json:1:9", "control character"),
    ])
    func `a mistake in what begins like JSON is told as JSON's`(text: String, place: String, word: String) {
        let source = JSONSource("f.json", attempting: "reading a test")
        let failure = #expect(throws: Failure.self) { try YAMLStream.documentsOrJSON(in: Secret(text), from: source) }
        #expect(failure?.subject == place && failure?.reason.contains(word) == true, "\(String(describing: failure))")
    }

    @Test func `failures of nodes name line and column in the stream`() throws {
        let text = "a: 1\n---\nmetadata:\n  name: é\n  labels: &l\n  - x\ndata: *l\n"
        let second = try #require(try Self.documents(text).last)
        let root = second.root
        #expect(root["metadata"]?["name"]?.failure("is wrong").description.contains("f.yaml:4:9): metadata.name is wrong") == true)
        #expect(root["data"]?.elements.first?.failure("is wrong").description.contains("f.yaml:6:5): data[0] is wrong") == true)
        #expect(root.members.map(\.keyPosition.line) == [3, 7])
        #expect(root["metadata"]?.failure("x").subject == "f.yaml:4:3")
    }

    @Test func `few words cannot become many`() {
        let limits = JSONLimits(bytes: 1 << 16, depth: 100, values: 5000)
        var laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            laughs += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", "))]\n"
        }
        #expect(Self.failure(laughs, limits: limits)?.reason.contains("aliases stand for more") == true)
        let long = "a: &a \(String(repeating: "x", count: 10_000))\nb: [\(Array(repeating: "*a", count: 100).joined(separator: ", "))]\n"
        #expect(Self.failure(long, limits: limits)?.reason.contains("aliases stand for more") == true)
        let key =
            "a: &a {? \(String(repeating: "k", count: 10_000)) : 1}\nb: [\(Array(repeating: "*a", count: 100).joined(separator: ", "))]\n"
        #expect(Self.failure(key, limits: limits)?.reason.contains("aliases stand for more") == true)
        var merges = "a0: &a0 {x: 1}\n"
        for level in 1...40 { merges += "a\(level): &a\(level) {<<: [*a\(level - 1), *a\(level - 1)]}\n" }
        #expect(Self.failure(merges, limits: limits)?.reason.contains("aliases stand for more") == true)
    }

    @Test func `limits hold for nesting, values and bytes`() {
        let small = JSONLimits(bytes: 1000, depth: 5, values: 20)
        #expect(Self.failure("[[[[[1]]]]]", limits: small) == nil)
        #expect(Self.failure("[[[[[[1]]]]]]", limits: small)?.reason == "nested more than 5 deep")
        #expect(Self.failure(String(repeating: "[", count: 900), limits: small)?.reason == "nested more than 5 deep")
        #expect(Self.failure("- a: &x [[1]]\n- [[*x]]\n", limits: small) == nil)
        #expect(Self.failure("- a: &x [[1]]\n- [[[*x]]]\n", limits: small)?.reason == "nested more than 5 deep")
        #expect(Self.failure(String(repeating: "- 1\n", count: 30), limits: small)?.reason.contains("more than 20 values") == true)
        #expect(Self.failure(String(repeating: "#", count: 1001), limits: small)?.reason.contains("more than the 1000") == true)
    }

    @Test func `no failure shows a value`() {
        for text in [
            "a: hunter2: x\n", "a: \"hunter2\n", "password: !!int hunter2\n", "a: 'hunter2' x\n", "hunter2", "a: hunter2\n  b: 1\n",
        ] {
            #expect(Self.failure(text)?.description.contains("hunter2") != true)
        }
    }
}
