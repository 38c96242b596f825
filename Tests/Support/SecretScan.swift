/// Looks for secrets in what programs print and write, in every form in which they travel.
public struct SecretScan: Sendable {
    private let forms: [(name: String, text: String)]

    /// Prepares to look for `secrets`. One shorter than eight bytes would be found everywhere and is a mistake of the test.
    public init(_ secrets: [String]) {
        SuiteSecrets.note(secrets)
        self.init(unnoted: secrets)
    }

    /// The same for texts that only this test must not see: other programs may show them.
    public init(unnoted secrets: [String]) {
        precondition(secrets.allSatisfy { $0.utf8.count >= 8 }, "a secret of a test is too short to look for")
        forms = secrets.enumerated().flatMap { number, secret in
            Self.forms(of: secret).map { (name: "secret \(number) \($0.name)", text: $0.text) }
        }
    }

    /// Which secrets `text` holds, and in which form; empty is good. The secret itself is not in the answer.
    public func findings(in text: String) -> [String] {
        forms.filter { text.contains($0.text) }.map(\.name)
    }

    /// As it is, percent-encoded, JSON-escaped, and in Base64 (both alphabets) at each of the three places where it may start in a
    /// longer text such as `user:password`.
    private static func forms(of secret: String) -> [(name: String, text: String)] {
        var forms = [("as it is", secret), ("percent-encoded", percentEncoded(secret))]
        forms.append(("JSON-escaped", secret.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "\\/")))
        // The first and last halves are forms too: a message that is cut short still gives most of it away.
        let half = secret.utf8.count / 2
        forms.append(("the first half", String(decoding: secret.utf8.prefix(max(8, half)), as: UTF8.self)))
        // Longer, because secrets of tests end with words such as "password".
        forms.append(("the last half", String(decoding: secret.utf8.suffix(max(12, half)), as: UTF8.self)))
        for offset in 0..<3 {
            let encoded = base64([UInt8](repeating: 0, count: offset) + secret.utf8)
            // What depends on the bytes before and after is left out.
            let inner = String(encoded.dropFirst(offset == 0 ? 0 : 4).dropLast(4))
            guard inner.count >= 8 else { continue }
            forms.append(("in Base64 at \(offset)", inner))
            forms.append(("in base64url at \(offset)", String(inner.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })))
        }
        return forms
    }

    private static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { result, byte in
            let scalar = Unicode.Scalar(byte)
            if scalar.properties.isAlphabetic && byte < 0x80 || (0x30...0x39).contains(byte) || "-._~".utf8.contains(byte) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }

    /// Written once more on purpose: a scan must not share a defect with what it looks at.
    private static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for index in 0..<3 { bits = bits << 8 | UInt32(index < group.count ? group[start + index] : 0) }
            for index in 0..<4 { text.append(index <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)] : "=") }
        }
        return text
    }
}
