import TabardCore
import TabardJSON
import Testing

@Suite struct JSONWriterTests {
    private func written(_ style: JSONWriter.Style) throws -> String {
        var json = JSONWriter(style)
        try json.object { json throws(Failure) in
            json.field("kind", "a\"\\/\u{0}\u{8}\t\n\u{c}\r\u{1f}\u{7f}é\u{2028}😀")
            try json.field("secret", Secret("x\"y"))
            json.field("n", Int64.min)
            json.field("b", false)
            json.nullField("z")
            json.field("list", ["a", "b"])
            json.field("none", [])
            json.object("empty") { _ in }
            try json.array("mixed") { json throws(Failure) in
                json.value(1)
                json.value(true)
                try json.value(Secret(""))
                json.array { json in json.object { json in json.field("k", "v") } }
            }
        }
        return String(decoding: json.finishBytes(), as: UTF8.self)
    }

    @Test func `compact has no white space and only the escapes that are needed`() throws {
        let text = try written(.compact)
        #expect(
            text == #"{"kind":"a\"\\/\u0000\b\t\n\f\r\u001f"# + "\u{7f}é\u{2028}😀"
                + #"","secret":"x\"y","n":-9223372036854775808,"b":false,"z":null,"list":["a","b"],"none":[],"empty":{},"#
                + #""mixed":[1,true,"",[{"k":"v"}]]}"#)
    }

    @Test func `pretty has a line per member`() throws {
        var json = JSONWriter(.pretty)
        json.object { json in
            json.field("a", 1)
            json.array("b") { json in
                json.value("x")
                json.object { _ in }
            }
        }
        let text = String(decoding: json.finishBytes(newline: true), as: UTF8.self)
        #expect(text == "{\n  \"a\": 1,\n  \"b\": [\n    \"x\",\n    {}\n  ]\n}\n")
    }

    @Test(arguments: [JSONWriter.Style.compact, .pretty])
    func `what is written is read back`(style: JSONWriter.Style) throws {
        let root = try JSONDocument(parsing: Array(try written(style).utf8)).root
        #expect(root["kind"]?.string == "a\"\\/\u{0}\u{8}\t\n\u{c}\r\u{1f}\u{7f}é\u{2028}😀")
        #expect(root["secret"]?.secret?.hasSameBytes(as: Secret("x\"y")) == true)
        #expect(root["n"]?.int64 == .min)
        #expect(root.members.map(\.key) == ["kind", "secret", "n", "b", "z", "list", "none", "empty", "mixed"])
        #expect(root["mixed"]?.elements[3].elements[0]["k"]?.string == "v")
    }

    @Test func `a secret that is not UTF-8 is refused`() {
        for bytes: [UInt8] in [[0xFF], [0x61, 0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]] {
            let secret = bytes.withUnsafeBytes { Secret(copying: $0) }
            #expect(throws: Failure.self) {
                var json = JSONWriter()
                try json.value(secret)
            }
        }
    }

    @Test func `a call in the wrong place ends the process before it writes something that is no JSON`() async {
        await #expect(processExitsWith: .failure) {
            var json = JSONWriter()
            json.object { json in json.value(1) }
        }
        await #expect(processExitsWith: .failure) {
            var json = JSONWriter()
            json.array { json in json.field("a", 1) }
        }
        await #expect(processExitsWith: .failure) {
            var json = JSONWriter()
            json.value(1)
            json.value(2)
        }
    }
}
