import TabardJSON
import Testing

@Test func `a value of another document is copied with all that is in it`() throws {
    let text = #"{"a":[1,2.50,-3e2,{"b":null,"c":[]}],"d":"x\"y\u0001","e":true,"f":{}}"#
    let document = try JSONDocument(parsing: Array(text.utf8))
    var json = JSONWriter()
    json.array { json in
        json.value(document.root)
        json.object { json in json.field("again", document.root) }
    }
    #expect(String(decoding: json.finishBytes(), as: UTF8.self) == "[\(text),{\"again\":\(text)}]")
}
