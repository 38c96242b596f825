import TabardCore

/// What a plain scalar means by the rules of go-yaml 2, which is what Kubernetes reads YAML with.
enum YAMLScalar {
    case text
    case null
    case boolean(Bool)
    /// By JSON's grammar.
    case number(String)
    /// `.inf` and `.nan`, which JSON has no number for.
    case beyondJSON
    /// `<<` as a key.
    case merge

    private static let words: [String: YAMLScalar] = {
        var words: [String: YAMLScalar] = ["<<": .merge]
        for word in ["", "~", "null", "Null", "NULL"] { words[word] = .null }
        for word in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] { words[word] = .boolean(true) }
        for word in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] { words[word] = .boolean(false) }
        for sign in ["", "+", "-"] { for word in [".inf", ".Inf", ".INF"] { words[sign + word] = .beyondJSON } }
        for word in [".nan", ".NaN", ".NAN"] { words[word] = .beyondJSON }
        return words
    }()

    /// Whatever stands in numbers of any base, and in `.inf` and `.nan`.
    private static let numberBytes = Set("0123456789abcdefABCDEFxXoO_.+-iInN".utf8)

    /// Resolves the text of a plain scalar.
    init(plain bytes: UnsafeRawBufferPointer) {
        // Longer ones are neither words nor numbers that a `Double` can hold, and may be secrets, which are not made a `String` of.
        guard bytes.count <= 330 else {
            self = .text
            return
        }
        guard let first = bytes.first else {
            self = .null
            return
        }
        switch first {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "0")...UInt8(ascii: "9"):
            guard bytes.allSatisfy({ Self.numberBytes.contains($0) }) else {
                self = .text
                return
            }
            let text = String(decoding: bytes, as: UTF8.self)
            self = Self.words[text] ?? Self.number(text).map { .number($0) } ?? .text
        default:
            // No word is longer.
            self = bytes.count > 5 ? .text : Self.words[String(decoding: bytes, as: UTF8.self)] ?? .text
        }
    }

    /// The number as JSON writes it, or nil when it is none.
    private static func number(_ text: String) -> String? {
        let plain = text.filter { $0 != "_" }
        return integer(plain) ?? float(plain)
    }

    private static func integer(_ text: String) -> String? {
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        let hasSign = isNegative || text.utf8.first == UInt8(ascii: "+")
        let unsigned = hasSign ? text.dropFirst() : text[...]
        var digits = unsigned
        var radix = 10
        if digits.utf8.first == UInt8(ascii: "0"), digits.utf8.count > 1 {
            let prefix = digits.prefix(2).lowercased()
            radix = ["0x": 16, "0b": 2, "0o": 8][prefix] ?? 8
            digits = digits.dropFirst(["0x", "0b", "0o"].contains(prefix) ? 2 : 1)
        }
        // Swift would take a second sign.
        guard let first = digits.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return nil }
        if isNegative { return Int64("-" + digits, radix: radix).map { String($0) } }
        return UInt64(digits, radix: radix).map { String($0) }
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?` that a `Double` can hold.
    private static func float(_ text: String) -> String? {
        var rest = Substring(text).utf8
        func digits() -> Int {
            let count = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }.count
            rest = rest.dropFirst(count)
            return count
        }
        func take(_ wanted: String) -> Bool {
            guard let first = rest.first, wanted.utf8.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        _ = take("+-")
        let whole = digits()
        let fraction = take(".") ? digits() : 0
        guard whole > 0 || fraction > 0 else { return nil }
        if take("eE") {
            _ = take("+-")
            guard digits() > 0 else { return nil }
        }
        guard rest.isEmpty, let value = Double(text.hasSuffix(".") ? text + "0" : text), value.isFinite else { return nil }
        return value == value.rounded() && value.magnitude < 1e15 ? String(Int64(value)) : "\(value)"
    }
}
