/// A literal IPv6 address without a zone (RFC 4291, section 2.2).
struct IPv6Address: Hashable {
    let groups: InlineGroups
    typealias InlineGroups = SIMD8<UInt16>

    /// Reads the bytes of `range`; nil when they are no address.
    ///
    /// - Parameter allowsDotted: Whether the last 32 bits may be a dotted IPv4 address.
    init?(_ bytes: borrowing Span<UInt8>, _ range: Range<Int>, allowsDotted: Bool = true) {
        var groups = SIMD8<UInt16>()
        var count = 0
        var gap: Int?
        var index = range.lowerBound
        let end = range.upperBound
        guard end - index >= 2 else { return nil }
        if bytes[index] == UInt8(ascii: ":") {
            guard bytes[index + 1] == UInt8(ascii: ":") else { return nil }
            gap = 0
            index += 2
        }
        while index < end {
            guard count < 8 else { return nil }
            let start = index
            var value: UInt16 = 0
            while index < end, let digit = bytes[index].hexValue {
                guard index - start < 4 else { return nil }
                value = value << 4 | UInt16(digit)
                index += 1
            }
            if index < end, bytes[index] == UInt8(ascii: ".") {
                guard allowsDotted, count <= 6, let address = IPv4Address(bytes, start..<end) else { return nil }
                groups[count] = UInt16(truncatingIfNeeded: address.value >> 16)
                groups[count + 1] = UInt16(truncatingIfNeeded: address.value)
                count += 2
                break
            }
            guard index > start else { return nil }
            groups[count] = value
            count += 1
            guard index < end else { break }
            guard bytes[index] == UInt8(ascii: ":"), index + 1 < end else { return nil }
            index += 1
            if bytes[index] == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = count
                index += 1
            }
        }
        if let gap {
            guard count < 8 else { return nil }
            var spread = SIMD8<UInt16>()
            for position in 0..<gap { spread[position] = groups[position] }
            for position in gap..<count { spread[position + 8 - count] = groups[position] }
            groups = spread
        } else if count != 8 {
            return nil
        }
        self.groups = groups
    }

    var isLoopback: Bool { groups == SIMD8<UInt16>(0, 0, 0, 0, 0, 0, 0, 1) }

    /// The canonical text: lower case, the first longest run of zero groups as `::` (RFC 5952, section 4).
    var text: String {
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(1, best.count) { best = start..<end }
            start = end + 1
        }
        func joined(_ range: Range<Int>) -> String { range.map { String(groups[$0], radix: 16) }.joined(separator: ":") }
        return best.isEmpty ? joined(0..<8) : "\(joined(0..<best.lowerBound))::\(joined(best.upperBound..<8))"
    }
}
