/// How the ranges stand behind the end of a blob that arrives in parts, for the run that goes on after this one was killed.
///
/// A mark, the number of ranges and their bounds, as little-endian numbers of 64 bits. A power cut may keep the map and lose bytes that it
/// tells of: the digest finds that.
extension ByteRanges {
    private static let mark: UInt64 = 0x3150_414D_4254_4152
    /// A map is written in one page, so that whoever is killed leaves the old one or the new one.
    static let mapSize = 4096
    private static let maximumParts = (mapSize - 16) / 16

    /// Where the map of a blob of `size` bytes stands.
    static func mapOffset(size: Int64) -> Int64 { (size + Int64(mapSize) - 1) / Int64(mapSize) * Int64(mapSize) }

    /// The map. What no longer fits is fetched again, so it is left out.
    var map: [UInt8] {
        let kept = parts.prefix(Self.maximumParts)
        let numbers = [Self.mark, UInt64(kept.count)] + kept.flatMap { [UInt64($0.lowerBound), UInt64($0.upperBound)] }
        return numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
    }

    /// Reads a map of a blob of `size` bytes; nil where there is none.
    init?(map bytes: [UInt8], size: Int64) {
        let numbers = stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map { start in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << (8 * $1) }
        }
        guard numbers.count >= 2, numbers[0] == Self.mark, numbers[1] <= UInt64(Self.maximumParts) else { return nil }
        let bounds = numbers.dropFirst(2).prefix(2 * Int(numbers[1]))
        guard bounds.count == 2 * Int(numbers[1]) else { return nil }
        var end: UInt64 = 0
        for index in stride(from: bounds.startIndex, to: bounds.endIndex, by: 2) {
            let (lower, upper) = (bounds[index], bounds[index + 1])
            guard lower >= end, lower < upper, upper <= UInt64(size) else { return nil }
            insert(Int64(lower)..<Int64(upper))
            end = upper
        }
    }
}
