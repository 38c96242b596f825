extension UTCTime {
    /// Reads RFC 3339, section 5.6: `2026-11-22T20:31:00Z`, with a fraction of any length (cut at nanoseconds) and any offset.
    public init?(rfc3339 text: String) {
        var cursor = DigitCursor(text)
        guard let year = cursor.number(4), cursor.skip("-"), let month = cursor.number(2), cursor.skip("-"), let day = cursor.number(2),
            cursor.skip("T") || cursor.skip("t"), let hour = cursor.number(2), cursor.skip(":"), let minute = cursor.number(2),
            cursor.skip(":"), let second = cursor.number(2)
        else { return nil }
        var nanosecond = 0
        if cursor.skip(".") {
            var weight = 100_000_000
            var count = 0
            while let digit = cursor.number(1) {
                nanosecond += digit * weight
                weight /= 10
                count += 1
            }
            guard count > 0 else { return nil }
        }
        var offset = 0
        if !cursor.skip("Z"), !cursor.skip("z") {
            let isWest = cursor.skip("-")
            guard isWest || cursor.skip("+") else { return nil }
            guard let hours = cursor.number(2), hours <= 23, cursor.skip(":"), let minutes = cursor.number(2), minutes <= 59 else {
                return nil
            }
            offset = (hours * 60 + minutes) * (isWest ? 60 : -60)
        }
        guard cursor.isAtEnd else { return nil }
        guard
            let local = UTCTime(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second, nanosecond: nanosecond)
        else { return nil }
        self = local.adding(.seconds(offset))
    }

    /// RFC 3339 in UTC: `2026-11-22T20:31:00Z`, with a fraction only when there is one.
    public var rfc3339: String {
        let fraction = nanosecond == 0 ? "" : "." + GoDuration.fractionDigits(UInt64(nanosecond), of: 1_000_000_000)
        return "\(Self.padded(year, 4))-\(Self.padded(month))-\(Self.padded(day))T"
            + "\(Self.padded(hour)):\(Self.padded(minute)):\(Self.padded(second))\(fraction)Z"
    }

    /// SigV4's basic ISO 8601: `20150830T123600Z`.
    public var basicISO8601: String { "\(basicDate)T\(Self.padded(hour))\(Self.padded(minute))\(Self.padded(second))Z" }

    /// SigV4's date: `20150830`.
    public var basicDate: String { "\(Self.padded(year, 4))\(Self.padded(month))\(Self.padded(day))" }

    static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return digits.utf8.count >= width ? digits : String(repeating: "0", count: width - digits.utf8.count) + digits
    }
}

/// Reads fixed-width decimal fields from ASCII text.
struct DigitCursor {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    /// Exactly `width` digits, or nil and nothing read.
    mutating func number(_ width: Int) -> Int? {
        var value = 0
        var ahead = rest
        for _ in 0..<width {
            guard let byte = ahead.popFirst(), byte.isDigit else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        rest = ahead
        return value
    }

    /// Whether `word` comes next; then it is read.
    mutating func skip(_ word: String) -> Bool {
        guard rest.starts(with: word.utf8) else { return false }
        rest = rest.dropFirst(word.utf8.count)
        return true
    }

    /// The index of the word that comes next; then it is read.
    mutating func word(of words: [String]) -> Int? { words.firstIndex { skip($0) } }
}
