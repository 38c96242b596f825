import TabardCore
import Testing

@Suite struct PercentEncodingTests {
    @Test(arguments: [("", ""), ("aZ9-_.~", "aZ9-_.~"), ("a b/c", "a%20b%2Fc"), ("é%+", "%C3%A9%25%2B"), ("\u{0}\n*'", "%00%0A%2A%27")])
    func `only unreserved bytes stay`(plain: String, encoded: String) {
        #expect(PercentEncoding.encode(plain) == encoded)
        #expect(PercentEncoding.decode(encoded) == plain)
    }

    @Test func `more can be kept`() {
        #expect(PercentEncoding.encode("a/b:c d", keeping: "/:") == "a/b:c%20d")
    }

    @Test(
        arguments: [
            ("%4a%4A", "JJ"), ("a+b", "a+b"), ("%", nil), ("%4", nil), ("%g0", nil), ("%0g", nil), ("%ff", nil), ("%C3", nil), ("é", "é"),
            ("a%2", nil),
        ] as [(String, String?)])
    func `decoding is strict`(text: String, plain: String?) {
        #expect(PercentEncoding.decode(text) == plain)
    }

    @Test func `forms write a space as plus`() {
        var buffer = SecretBuffer()
        "a b&c=+é~".utf8.withContiguousStorageIfAvailable { PercentEncoding.appendForm(UnsafeRawBufferPointer($0), to: &buffer) }
        #expect(buffer.freeze().hasSameBytes(as: Secret("a+b%26c%3D%2B%C3%A9~")))
    }
}
