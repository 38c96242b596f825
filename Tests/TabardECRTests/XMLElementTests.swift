import TabardCore
import Testing

@testable import TabardECR

@Suite struct XMLElementTests {
    @Test func `elements, text, references, CDATA and comments are read`() throws {
        let root = try XMLElement(
            parsing: Secret(
                """
                \u{FEFF}<?xml version="1.0" encoding="UTF-8"?> <!-- > -->
                <R xmlns='https://sts.amazonaws.com/' a = "1>2"><A>x&lt;&#65;&#x1F600;&amp;</A><!-- <A> --><B/><C><![CDATA[<&]]>]]</C><A>2</A></R >
                """))
        #expect(root.name == "R")
        #expect(root.children.map(\.name) == ["A", "B", "C", "A"])
        #expect(root.first("A")?.string == "x<A😀&")
        #expect(root.first("B")?.string == "")
        #expect(root.first("C")?.string == "<&]]")
        #expect(root.first("D") == nil)
    }

    @Test(arguments: [
        "", "x", "<", "<a", "<a>", "<a></b>", "<a/><b/>", "<a>&b;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&amp</a>", "<a b></a>",
        "<a b=c></a>", "<a b=\"<\"></a>", "<a b=\"c></a>", "<!DOCTYPE a><a/>", "<a><!DOCTYPE b></a>", "<a><![CDATA[x</a>", "<a><!--</a>",
        "<a></a",
        "<a>" + String(repeating: "<b>", count: 40), "<a>" + String(repeating: "<b/>", count: 2000) + "</a>", "<>",
    ])
    func `what is not such XML is refused`(_ text: String) {
        let failure = #expect(throws: Failure.self) { try XMLElement(parsing: Secret(text)) }
        #expect(failure?.code == .badResponse)
    }
}
