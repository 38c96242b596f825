/// Durations as Go writes and reads them, which is how the kubelet's `cacheDuration` and docker's tools do: `5h59m43s`, `1.5s`.
public enum GoDuration {
    /// Reads what Go's `time.ParseDuration` reads: a sign, then numbers with a unit each (`ns us µs ms s m h`), or `0`.
    ///
    /// Throws `.invalid`, also above 292 years, where Go's type ends.
    public static func parse(_ text: String) throws(Failure) -> Duration {
        func refused(_ reason: String) -> Failure {
            Failure(
                .invalid, attempting: "reading a duration", on: text.quotedInFailure, reason: reason, advice: "write it as 90s, 1h30m or 0s"
            )
        }
        let bytes = text.utf8.span
        var index = 0
        var isNegative = false
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
            isNegative = bytes[index] == UInt8(ascii: "-")
            index += 1
        }
        guard index < bytes.count else { throw refused("it has no number") }
        if bytes.count - index == 1, bytes[index] == UInt8(ascii: "0") { return .zero }
        var total: Int64 = 0
        while index < bytes.count {
            let start = index
            var whole: Int64 = 0
            var fraction: Int64 = 0
            var scale = 1.0
            var overflow = false
            while index < bytes.count, bytes[index].isDigit {
                let (tenfold, first) = whole.multipliedReportingOverflow(by: 10)
                let (next, second) = tenfold.addingReportingOverflow(Int64(bytes[index] - 0x30))
                (whole, overflow) = (next, overflow || first || second)
                index += 1
            }
            var digits = index - start
            if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
                index += 1
                while index < bytes.count, bytes[index].isDigit {
                    // Digits that no longer fit change nothing that a nanosecond shows.
                    if fraction <= (.max - 9) / 10 {
                        fraction = fraction * 10 + Int64(bytes[index] - 0x30)
                        scale *= 10
                    }
                    digits += 1
                    index += 1
                }
            }
            guard digits > 0 else { throw refused("expected a digit at byte \(start + 1)") }
            let unitStart = index
            while index < bytes.count, !bytes[index].isDigit, bytes[index] != UInt8(ascii: ".") { index += 1 }
            guard let unit = nanoseconds(ofUnit: text.slice(unitStart..<index)) else {
                throw refused(
                    unitStart == index ? "a number has no unit" : "byte \(unitStart + 1) starts none of the units ns, us, ms, s, m, h")
            }
            let (product, tooLarge) = whole.multipliedReportingOverflow(by: unit)
            let part = Int64(Double(fraction) * (Double(unit) / scale))
            let (withFraction, tooLargeToo) = product.addingReportingOverflow(part)
            let (sum, sumTooLarge) = total.addingReportingOverflow(withFraction)
            guard !overflow, !tooLarge, !tooLargeToo, !sumTooLarge else { throw refused("it is longer than 292 years") }
            total = sum
        }
        return .nanoseconds(isNegative ? -total : total)
    }

    /// What Go's `Duration.String` writes: `0s`, `1.5ms`, `5h59m43s`. Below a nanosecond is cut off.
    public static func format(_ duration: Duration) -> String {
        let total = duration.wholeNanoseconds
        let size = total.magnitude
        let sign = total < 0 ? "-" : ""
        switch size {
        case 0: return "0s"
        case ..<1_000: return "\(sign)\(size)ns"
        case ..<1_000_000: return sign + decimal(size, 1_000) + "µs"
        case ..<1_000_000_000: return sign + decimal(size, 1_000_000) + "ms"
        default: break
        }
        let minutes = size / 60_000_000_000
        let seconds = decimal(size % 60_000_000_000, 1_000_000_000) + "s"
        if minutes == 0 { return sign + seconds }
        return minutes < 60 ? "\(sign)\(minutes)m\(seconds)" : "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)"
    }

    private static func decimal(_ value: UInt64, _ unit: UInt64) -> String {
        let (whole, rest) = value.quotientAndRemainder(dividingBy: unit)
        return rest == 0 ? "\(whole)" : "\(whole).\(fractionDigits(rest, of: unit))"
    }

    /// The digits of `rest / unit` behind the point, without zeros at the end.
    static func fractionDigits(_ rest: UInt64, of unit: UInt64) -> String {
        var digits = String(String(unit + rest).dropFirst())
        while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
        return digits
    }

    private static func nanoseconds(ofUnit unit: String) -> Int64? {
        switch unit {
        case "ns": 1
        // Both spellings of the micro sign, which Swift does not hold equal: U+00B5 and U+03BC.
        case "us", "\u{B5}s", "\u{3BC}s": 1_000
        case "ms": 1_000_000
        case "s": 1_000_000_000
        case "m": 60_000_000_000
        case "h": 3_600_000_000_000
        default: nil
        }
    }
}
