import TabardCrypto

/// The name under which AWS's command line keeps a login: the SHA-1 of a text, in hexadecimal. Nothing rests on its strength.
enum SHA1FileName {
    static func of(_ text: String) -> String {
        SHA1.digest(of: Array(text.utf8)).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
