extension JSONNode {
    /// A number as it is written, or nil when it is not one.
    public var numberText: String? { entry.kind == .number ? document.text(index) : nil }

    /// A number as the nearest `Double`, or nil when it is not one or is beyond what a `Double` can hold.
    public var double: Double? {
        guard let value = numberText.flatMap(Double.init), value.isFinite else { return nil }
        return value
    }

    /// A number that is exactly a 64-bit integer, however it is written (`1e3`, `1.0`), or nil.
    public var int64: Int64? {
        guard entry.kind == .number else { return nil }
        return document.withToken(index) { Self.exactInteger($0) }
    }

    private static func exactInteger(_ token: UnsafeRawBufferPointer) -> Int64? {
        let isNegative = token.first == UInt8(ascii: "-")
        let unsigned = token.dropFirst(isNegative ? 1 : 0)
        let mantissa = unsigned.prefix { $0 | 0x20 != UInt8(ascii: "e") }
        let fraction = mantissa.drop { $0 != UInt8(ascii: ".") }.dropFirst()
        // The number is its digits as one integer, times ten to the `scale`.
        let digits = mantissa.lazy.filter { $0 != UInt8(ascii: ".") }
        var scale = exponent(unsigned.dropFirst(mantissa.count + 1)) - fraction.count
        var kept = mantissa.count - (mantissa.count > fraction.count && mantissa.contains(UInt8(ascii: ".")) ? 1 : 0)
        if !digits.contains(where: { $0 != UInt8(ascii: "0") }) { return 0 }
        if scale < 0 {
            kept += scale
            guard kept > 0, !digits.dropFirst(kept).contains(where: { $0 != UInt8(ascii: "0") }) else { return nil }
            scale = 0
        }
        // Grown downwards, because the negative side of Int64 is one longer.
        var value: Int64 = 0
        func grow(by digit: UInt8) -> Bool {
            let (tenfold, firstOverflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, secondOverflow) = tenfold.subtractingReportingOverflow(Int64(digit))
            value = sum
            return !firstOverflow && !secondOverflow
        }
        for digit in digits.prefix(kept) where !grow(by: digit - UInt8(ascii: "0")) { return nil }
        for _ in 0..<scale where !grow(by: 0) { return nil }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// The exponent, kept so near to zero that it can be added to a length.
    private static func exponent(_ text: Slice<UnsafeRawBufferPointer>) -> Int {
        let limit = 1 << 40
        var value = 0
        for byte in text where byte.hexadecimalValue != nil {
            value = min(value * 10 + Int(byte - UInt8(ascii: "0")), limit)
        }
        return text.first == UInt8(ascii: "-") ? -value : value
    }
}
