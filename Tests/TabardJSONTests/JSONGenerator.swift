import TabardTestSupport

/// Writes valid documents in every way that RFC 8259 allows, and damages them.
struct JSONGenerator {
    private var random: SplitMix
    private var output: [UInt8] = []

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    /// A valid document.
    mutating func document() -> [UInt8] {
        output = []
        value(depth: 0)
        return output
    }

    /// The document after one to three changes, each of which may leave it valid.
    mutating func damaged(_ document: [UInt8]) -> [UInt8] {
        var bytes = document
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let other = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bytes.removeSubrange(place...)
            case 1: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
            case 2: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &random) }
            case 3: if place < bytes.count { bytes.remove(at: place) }
            case 4: bytes.insert(contentsOf: pick(Self.fragments).utf8, at: place)
            case 5: bytes.insert(contentsOf: bytes[min(place, other)..<max(place, other)], at: place)
            default: bytes.removeSubrange(min(place, other)..<max(place, other))
            }
        }
        return bytes
    }

    private static let fragments = [
        ",", ":", "[", "]", "{", "}", "\"", "\\", "\\u", "\\ud83d", "\\ude00", "\\u0000", "0", "-", ".", "e", "E+", "null", "true", "NaN",
        "Infinity", "\u{FEFF}", "\u{A0}", "\u{0}", "\n", "/", "'", "\\\"", "é", "[1]", "\"a\":1,", "1e400",
    ]

    private mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }
    private mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }

    private mutating func space() {
        guard chance(3) else { return }
        for _ in 0..<Int.random(in: 0...3, using: &random) { output.append(pick([0x20, 0x09, 0x0A, 0x0D])) }
    }

    private mutating func value(depth: Int) {
        space()
        switch Int.random(in: 0..<(depth > 5 ? 6 : 10), using: &random) {
        case 0: output += Array(pick(["null", "true", "false"]).utf8)
        case 1, 2: number()
        case 3, 4, 5: string()
        case 6, 7: container(depth: depth, "[", "]") { $0.value(depth: depth + 1) }
        default:
            container(depth: depth, "{", "}") { generator in
                generator.space()
                generator.name()
                generator.space()
                generator.output.append(UInt8(ascii: ":"))
                generator.value(depth: depth + 1)
            }
        }
        space()
    }

    private mutating func container(
        depth: Int, _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ item: (inout JSONGenerator) -> Void
    ) {
        output.append(UInt8(ascii: opening))
        let count = Int.random(in: 0...(chance(10) ? 20 : 4), using: &random)
        for number in 0..<count {
            if number > 0 { output.append(UInt8(ascii: ",")) }
            item(&self)
        }
        if count == 0 { space() }
        output.append(UInt8(ascii: closing))
    }

    /// Few names, so that many stand again, some of them escaped.
    private mutating func name() {
        if chance(4) { return string() }
        let names = [
            "\"a\"", "\"b\"", "\"\\u0061\"", "\"\"", "\"é\"", "\"\\u00e9\"", "\"e\u{301}\"", "\"A\"", "\"a\\u0000\"", "\"\\/\"", "\"/\"",
        ]
        output += Array(pick(names).utf8)
    }

    private mutating func digits(_ range: ClosedRange<Int>) {
        for _ in 0..<Int.random(in: range, using: &random) { output.append(pick(Array("0123456789".utf8))) }
    }

    private mutating func number() {
        if chance(8) {
            let edges = [
                "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "9.223372036854775807e18",
                "9223372036854775807000e-3", "1.7976931348623157e308", "1.7976931348623159e308", "4.9e-324", "2.4e-324", "-0", "0e5",
                "1e22",
                "9007199254740993", "0.1e1", "10e-1", "100.00", "0.00001e5",
            ]
            output += Array(pick(edges).utf8)
            return
        }
        if chance(2) { output.append(UInt8(ascii: "-")) }
        if chance(4) {
            output.append(UInt8(ascii: "0"))
        } else {
            output.append(pick(Array("123456789".utf8)))
            digits(0...(chance(6) ? 25 : 5))
        }
        if chance(3) {
            output.append(UInt8(ascii: "."))
            if chance(3) { output += Array("000".utf8) }
            digits(1...6)
        }
        if chance(3) {
            output += Array(pick(["e", "E", "e+", "E+", "e-", "E-"]).utf8)
            digits(1...(chance(8) ? 5 : 2))
        }
    }

    private mutating func string() {
        output.append(UInt8(ascii: "\""))
        for _ in 0..<Int.random(in: 0...12, using: &random) { character() }
        output.append(UInt8(ascii: "\""))
    }

    private mutating func character() {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: output += Array(pick(["\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"]).utf8)
        case 1, 2:
            let scalar = scalar(below: chance(2) ? 0x100 : 0x110000)
            let escapes = String(Character(scalar)).utf16.map { unit in
                let digits = String(unit, radix: 16, uppercase: unit & 1 == 0)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
            output += Array(escapes.joined().utf8)
        case 3:
            output += Array(String(Character(scalar(below: 0x110000))).utf8.drop { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C })
        default: output.append(pick(Array("abcXYZ 09-_/.:'{}[],\u{7f}".utf8)))
        }
    }

    private mutating func scalar(below limit: UInt32) -> Unicode.Scalar {
        while true {
            if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) { return scalar }
        }
    }
}
