import TabardCore
import TabardJSON
import Testing

@Suite struct JSONLimitsTests {
    private func reason(_ text: String, _ limits: JSONLimits = .standard) -> String? {
        do {
            _ = try JSONDocument(parsing: Array(text.utf8), limits: limits)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func `bytes`() {
        let limits = JSONLimits(bytes: 4, depth: 1, values: 3)
        #expect(reason("1234", limits) == nil)
        #expect(reason("12345", limits) == "the document has 5 bytes, more than the 4 that are read")
        #expect(reason("   1 ", limits) != nil)
    }

    @Test func `depth`() {
        let limits = JSONLimits(bytes: 1000, depth: 2, values: 100)
        #expect(reason("[[],[],{}]", limits) == nil)
        #expect(reason("[[[]]]", limits) == "nested more than 2 deep")
        #expect(reason(#"{"a":{"b":{}}}"#, limits) == "nested more than 2 deep")
        #expect(reason("1", JSONLimits(bytes: 10, depth: 0, values: 1)) == nil)
        #expect(reason("[]", JSONLimits(bytes: 10, depth: 0, values: 1)) != nil)
    }

    @Test func `values and names together`() {
        let limits = JSONLimits(bytes: 1000, depth: 9, values: 5)
        #expect(reason("[1,2,3,4]", limits) == nil)
        #expect(reason(#"{"a":1,"b":2}"#, limits) == nil)
        #expect(reason("[1,2,3,4,5]", limits) == "more than 5 values and names")
        #expect(reason(#"{"a":1,"b":2,"c":3}"#, limits) == "more than 5 values and names")
    }

    /// A reader that recurses would end the process here: worker threads have small stacks.
    @Test func `depth costs no stack`() throws {
        let depth = 200_000
        let limits = JSONLimits(bytes: 1 << 24, depth: depth, values: 1 << 24)
        #expect(reason(String(repeating: "[", count: depth) + String(repeating: "]", count: depth), limits) == nil)
        #expect(reason(String(repeating: "[", count: depth + 1), limits) == "nested more than \(depth) deep")
        #expect(reason(String(repeating: "{\"a\":", count: depth), limits) == "expected a value, found the end")
    }

    @Test func `many equal names, long names and wide documents stay linear`() throws {
        let same = "{" + String(repeating: "\"a\":0,", count: 99_000) + "\"a\":1}"
        let document = try JSONDocument(parsing: Array(same.utf8))
        #expect(document.root["a"]?.int64 == 1)
        #expect(document.root.members.count == 1)
        #expect(document.duplicateKeys.count == 99_000)
        #expect(reason("\"" + String(repeating: "\\u0061", count: 100_000) + "\"") == nil)
        #expect(reason("[" + String(repeating: "1,", count: 190_000) + "1]") == nil)
        #expect(reason(String(repeating: "9", count: 1_000_000)) == nil)
    }

    @Test func `a secret is shared, not copied, and lives as long as a node looks into it`() throws {
        var secret: Secret? = Secret(#"{"token":"t0p\u002Dsecret","plain":"s3cret"}"#)
        weak let observer = secret
        var node: JSONNode? = try secret.map { try JSONDocument(parsing: $0).root }
        secret = nil
        #expect(observer != nil)
        let token = try node?.requireSecret("token")
        #expect(token?.hasSameBytes(as: Secret("t0p-secret")) == true)
        #expect(try node?.requireSecret("plain").hasSameBytes(as: Secret("s3cret")) == true)
        node = nil
        // Gone, and with it, by Secret's own deinit, the bytes.
        #expect(observer == nil)
        #expect(token?.count == 10)
    }

    @Test func `no way of printing shows what is inside`() throws {
        let document = try JSONDocument(reading: Array(#"{"password":"hunter2"}"#.utf8), from: JSONSource("a.json"))
        let node = try document.root.require("password")
        var dumped = ""
        dump(node, to: &dumped)
        dump(document, to: &dumped)
        for text in [dumped, "\(node)", "\(document)", String(reflecting: node), String(reflecting: document)] {
            #expect(!text.contains("hunter2"))
        }
        #expect("\(node)" == "password (string)")
    }

    @Test func `paths of strange names are bounded and printable`() throws {
        let name = String(repeating: "x", count: 500)
        let document = try JSONDocument(parsing: Array(#"{"\#(name)":[{"a b":1,"":2,"\u001b[31m":{"p":3}}]}"#.utf8))
        let members = document.root.members[0].value.elements[0].members
        let start = String(repeating: "x", count: 80) + "…[0]"
        #expect(members.map(\.value.path) == [#"\#(start)["a b"]"#, #"\#(start)[""]"#, #"\#(start)["\u{1b}[31m"]"#])
        #expect(members[2].value["p"]?.path == #"\#(start)["\u{1b}[31m"].p"#)
    }
}
