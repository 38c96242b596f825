/// Which bytes of a blob are here: ranges in their order, none empty, none touching the next.
struct ByteRanges: Sendable, Equatable {
    private(set) var parts: [Range<Int64>] = []

    /// The first `prefix` bytes.
    init(prefix: Int64 = 0) { if prefix > 0 { parts = [0..<prefix] } }

    /// How many bytes from the first one on are here without a gap.
    var prefix: Int64 { parts.first.map { $0.lowerBound == 0 ? $0.upperBound : 0 } ?? 0 }

    /// How many bytes are here.
    var count: Int64 { parts.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) } }

    /// What is missing of a blob of `size` bytes.
    func gaps(before size: Int64) -> [Range<Int64>] {
        var gaps: [Range<Int64>] = []
        var start: Int64 = 0
        for part in parts where part.lowerBound < size {
            if part.lowerBound > start { gaps.append(start..<part.lowerBound) }
            start = part.upperBound
        }
        if start < size { gaps.append(start..<size) }
        return gaps
    }

    /// Adds a range, which may overlap what is here.
    mutating func insert(_ range: Range<Int64>) {
        guard !range.isEmpty else { return }
        let first = parts.firstIndex { $0.upperBound >= range.lowerBound } ?? parts.endIndex
        let end = parts[first...].firstIndex { $0.lowerBound > range.upperBound } ?? parts.endIndex
        var merged = range
        for part in parts[first..<end] {
            merged = min(merged.lowerBound, part.lowerBound)..<max(merged.upperBound, part.upperBound)
        }
        parts.replaceSubrange(first..<end, with: CollectionOfOne(merged))
    }
}
