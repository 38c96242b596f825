import TabardCore
import TabardCrypto
import TabardTestSupport
import Testing

/// FIPS 180-4 and RFC 4231 as published, then Python's hashlib on random input of every awkward length.
@Suite struct DigestTests {
    struct Vector: CustomTestStringConvertible, Sendable {
        let algorithm: String
        let key: [UInt8]
        let message: [UInt8]
        let expected: String
        var testDescription: String { "\(algorithm) of \(message.count) bytes" }
    }

    static func vectors() throws -> [Vector] {
        let text = try Fixtures.text("digest/published.tsv")
        return text.split(separator: "\n").map { line in
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
            let values = cells[1].split(separator: " ", omittingEmptySubsequences: false).map { bytes(ofHex: $0) }
            return Vector(
                algorithm: String(cells[0]), key: values.count == 2 ? values[0] : [], message: values[values.count - 1],
                expected: String(cells[2]))
        }
    }

    @Test(arguments: try vectors())
    func `digests and codes are the published ones`(_ vector: Vector) {
        switch vector.algorithm {
        case "sha256":
            for implementation in SHA256.Implementation.allCases {
                var hash = SHA256(implementation)
                hash.update(vector.message)
                #expect(hash.finish().hex == vector.expected, "\(implementation)")
            }
            #expect(SHA256.hash(vector.message).hex == vector.expected)
        case "sha512":
            #expect(vector.message.withUnsafeBytes { SHA512.hash($0) }.hex == vector.expected)
        default:
            let key = vector.key.withUnsafeBytes { Secret(copying: $0) }
            var code = HMACSHA256(key: key)
            vector.message.withUnsafeBytes { code.update($0) }
            #expect(code.finish().hex == vector.expected)
        }
    }

    @Test func `a million times a, fed in uneven pieces`() {
        // FIPS 180-4 example; the pieces cross block borders at every offset.
        for implementation in SHA256.Implementation.allCases {
            var hash = SHA256(implementation)
            var left = 1_000_000
            var size = 1
            while left > 0 {
                let count = min(size, left)
                hash.update([UInt8](repeating: 0x61, count: count))
                left -= count
                size = size % 199 + 1
            }
            #expect(hash.finish().hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", "\(implementation)")
        }
    }

    @Test func `a copy goes on by itself`() {
        var first = SHA256()
        first.update("ab")
        var second = first
        first.update("c")
        second.update("x")
        #expect(first.finish() == SHA256.hash("abc"))
        #expect(second.finish() == SHA256.hash("abx"))
    }

    @Test func `a derived key is the code as a secret`() {
        let derived = HMACSHA256.derive("what do ya want for nothing?", key: Secret("Jefe"))
        #expect(derived.withBytes { Array($0) } == Self.bytes(ofHex: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"))
    }

    @Test func `Python's hashlib and hmac agree on random input`() throws {
        var generator = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: .min ... .max, using: &generator)
        print("seed \(seed)")
        var random = SplitMix(seed: seed)
        var questions: [String] = []
        var ours: [[String]] = []
        for length in 0..<600 {
            let size = length < 400 ? length : Int.random(in: 400..<20000, using: &random)
            let message = (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            questions.append("sha256 \(Self.hex(message))")
            ours.append(
                SHA256.Implementation.allCases.map { implementation in
                    var hash = SHA256(implementation)
                    let cut = Int.random(in: 0...size, using: &random)
                    hash.update(Array(message[..<cut]))
                    hash.update(Array(message[cut...]))
                    return hash.finish().hex
                })
            questions.append("sha512 \(Self.hex(message))")
            var long = SHA512()
            let cut = Int.random(in: 0...size, using: &random)
            message[..<cut].withUnsafeBytes { long.update($0) }
            message[cut...].withUnsafeBytes { long.update($0) }
            ours.append([long.finish().hex])
            let key = (0..<(length % 140)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            questions.append("hmac \(Self.hex(key)) \(Self.hex(message))")
            var code = HMACSHA256(key: key.withUnsafeBytes { Secret(copying: $0) })
            message.withUnsafeBytes { code.update($0) }
            ours.append([code.finish().hex])
        }
        let theirs = try PythonOracle("digest.py").answers(to: questions)
        for (index, expected) in theirs.enumerated() {
            for digest in ours[index] where digest != expected {
                Issue.record("seed \(seed), question \(index): \(questions[index].prefix(80)): \(digest), Python says \(expected)")
            }
        }
    }

    static func bytes(ofHex text: Substring) -> [UInt8] {
        let digits = text.utf8.map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
    static func bytes(ofHex text: String) -> [UInt8] { bytes(ofHex: text[...]) }
    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
