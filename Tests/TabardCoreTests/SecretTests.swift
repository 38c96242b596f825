import TabardCore
import Testing

@Suite struct SecretTests {
    @Test func `a secret never prints`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), String(describing: Optional(secret)), dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect("\(secret)" == "<redacted>")
    }

    @Test func `a secret gives back the bytes it was made of`() {
        let secret = Secret("a\u{0}é")
        #expect(secret.withBytes { Array($0) } == [0x61, 0, 0xC3, 0xA9])
        #expect(secret.count == 4)
        #expect(Secret("").isEmpty)
    }

    @Test(arguments: [("abc", "abc", true), ("abc", "abd", false), ("abc", "ab", false), ("", "", true)])
    func `comparison looks at all bytes`(left: String, right: String, same: Bool) {
        #expect(Secret(left).hasSameBytes(as: Secret(right)) == same)
    }

    @Test func `a buffer keeps what is appended across growth`() {
        var buffer = SecretBuffer()
        var expected: [UInt8] = []
        for round in 0..<300 {
            buffer.append(UInt8(round & 0xFF))
            buffer.append("xy")
            expected += [UInt8(round & 0xFF), 0x78, 0x79]
        }
        #expect(buffer.freeze().withBytes { Array($0) } == expected)
    }
}
