/// One challenge of a `WWW-Authenticate` field: a scheme, and its parameters or its token68 (RFC 9110, section 11.6.1).
///
/// One field may carry several challenges and one answer several fields; registries, and the proxies before them, use both. The parser
/// is lenient where the meaning is clear (blanks around `=`, an unquoted URL, a missing comma) and strict where leniency is dangerous: of a
/// repeated parameter the first counts, and a field with control characters counts as none.
package struct AuthenticationChallenge: Equatable, Sendable {
    /// The scheme in lower case: `bearer`, `basic`.
    package var scheme: String
    /// Parameter names in lower case, each with its first value.
    package var parameters: [String: String]
    /// The one value of schemes such as Negotiate, or nil.
    package var token68: String?

    /// Makes a challenge.
    package init(scheme: String, parameters: [String: String] = [:], token68: String? = nil) {
        self.scheme = scheme
        self.parameters = parameters
        self.token68 = token68
    }

    /// The longest field that is read; a longer one is ignored as a whole.
    package static let maximumFieldBytes = 16 * 1024

    /// Reads all fields of one answer, in order.
    package static func parse(fields: [String]) -> [AuthenticationChallenge] {
        fields.flatMap { field -> [AuthenticationChallenge] in
            let bytes = Array(field.utf8)
            guard bytes.count <= maximumFieldBytes, bytes.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else { return [] }
            var parser = ChallengeParser(bytes: bytes)
            return parser.parse()
        }
    }
}

/// The state of reading one field.
private struct ChallengeParser {
    let bytes: [UInt8]
    var position = 0
    var challenges: [AuthenticationChallenge] = []

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func parse() -> [AuthenticationChallenge] {
        while skipBlanksAndCommas() {
            let start = position
            let word = take(while: Self.isTokenByte)
            if word.isEmpty {
                // Not the start of anything: whatever follows can't be trusted.
                break
            }
            let afterWord = position
            skipBlanks()
            if peek() == UInt8(ascii: "="), !challenges.isEmpty {
                if !parseParameter(named: word) { break }
                continue
            }
            position = afterWord
            challenges.append(AuthenticationChallenge(scheme: text(word).lowercased()))
            parseToken68()
            assert(position > start, "each round takes at least one byte")
        }
        return challenges
    }

    /// Reads `= value` into the last challenge; false when the rest of the field is unusable.
    private mutating func parseParameter(named name: ArraySlice<UInt8>) -> Bool {
        position += 1
        skipBlanks()
        let value: String
        if peek() == UInt8(ascii: "\"") {
            guard let quoted = parseQuotedString() else { return false }
            value = quoted
        } else {
            // A token by the grammar; URLs without quotes are seen too, so everything up to a blank or comma counts.
            value = text(take { $0 != UInt8(ascii: ",") && !Self.isBlank($0) && $0 != UInt8(ascii: "\"") })
        }
        let key = text(name).lowercased()
        let last = challenges.count - 1
        if challenges[last].parameters[key] == nil { challenges[last].parameters[key] = value }
        return true
    }

    private mutating func parseQuotedString() -> String? {
        position += 1
        var content: [UInt8] = []
        while let byte = peek() {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = peek() else { return nil }
                position += 1
                content.append(escaped)
            default: content.append(byte)
            }
        }
        return nil
    }

    /// After a scheme: a token68 stands alone up to the next comma or the end, which tells it from a first parameter and from a next scheme.
    private mutating func parseToken68() {
        let start = position
        skipBlanks()
        let content = take(while: Self.isToken68Byte)
        let padding = take { $0 == UInt8(ascii: "=") }
        skipBlanks()
        let standsAlone = peek() == nil || peek() == UInt8(ascii: ",")
        if standsAlone, !content.isEmpty, !padding.isEmpty || content.contains(where: { !Self.isTokenByte($0) }) {
            challenges[challenges.count - 1].token68 = text(content + padding)
        } else {
            position = start
        }
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(while condition: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let start = position
        while let byte = peek(), condition(byte) { position += 1 }
        return bytes[start..<position]
    }

    private mutating func skipBlanks() { _ = take(while: Self.isBlank) }

    /// Whether there is anything left.
    private mutating func skipBlanksAndCommas() -> Bool {
        _ = take { Self.isBlank($0) || $0 == UInt8(ascii: ",") }
        return position < bytes.count
    }

    private func text(_ slice: ArraySlice<UInt8>) -> String { String(decoding: slice, as: UTF8.self) }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }

    /// tchar of RFC 9110, section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte) }

    /// The characters of token68 before its padding.
    private static func isToken68Byte(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "-._~+/".utf8.contains(byte) }
}
