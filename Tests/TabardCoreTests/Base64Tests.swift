import TabardCore
import TabardTestSupport
import Testing

@Suite struct Base64Tests {
    private func encode(_ bytes: [UInt8], _ alphabet: Base64.Alphabet = .standard, padding: Bool = true) -> String {
        bytes.withUnsafeBytes { Base64.encode($0, alphabet: alphabet, padding: padding) }
    }

    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func `the vectors of the RFC`(plain: String, text: String) throws {
        #expect(encode(Array(plain.utf8)) == text)
        let bare = text.filter { $0 != "=" }
        #expect(encode(Array(plain.utf8), padding: false) == bare)
        for padding in [Base64.Padding.required, .optional] {
            #expect(try #require(Base64.decode(text, padding: padding)).hasSameBytes(as: Secret(plain)))
        }
        for padding in [Base64.Padding.forbidden, .optional] {
            #expect(try #require(Base64.decode(bare, padding: padding)).hasSameBytes(as: Secret(plain)))
        }
        #expect((Base64.decode(text, padding: .forbidden) == nil) == (bare != text))
        #expect((Base64.decode(bare, padding: .required) == nil) == (bare != text))
        #expect(Base64.encode(Secret(plain)).hasSameBytes(as: Secret(text)))
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "=", "====", "Zm9v=", "Zm9v====", "Zh==", "Zm9=", "Zm=v", "Z=g=", "Zm9v YmFy", " Zm9v", "Zm9v\n", "Zm-v",
        "Zm_v",
        "Zm9v\u{0}", "Zm9\u{E9}", "Zg==Zg==", "ｚm9v",
    ])
    func `other spellings are refused`(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func `line breaks can be skipped as Go does`() throws {
        let secret = try #require(Base64.decode("Zm9v\r\nYm\nE=\n", ignoringLineBreaks: true))
        #expect(secret.hasSameBytes(as: Secret("fooba")))
        #expect(Base64.decode("Zm9v YmE=", ignoringLineBreaks: true) == nil)
    }

    @Test func `both alphabets give back every byte`() throws {
        var random = SplitMix(seed: 11)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            for alphabet in [Base64.Alphabet.standard, .url] {
                let text = encode(bytes, alphabet)
                let secret = try #require(Base64.decode(text, alphabet: alphabet))
                #expect(secret.withBytes { Array($0) } == bytes)
                #expect(text.utf8.count == (count + 2) / 3 * 4)
            }
        }
        #expect(encode([0xFB, 0xEF, 0xFF]) == "++//")
        #expect(encode([0xFB, 0xEF, 0xFF], .url) == "--__")
        #expect(Base64.decode("--__", alphabet: .standard) == nil)
        #expect(Base64.decode("++//", alphabet: .url) == nil)
    }
}
