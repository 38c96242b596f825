/// Divides what is missing of a blob among connections, front to back, so that hashing follows closely.
struct PartQueue: Sendable {
    /// The sizes of parts in bytes.
    struct Sizes: Sendable {
        var minimum: Int64 = 8 << 20
        var maximum: Int64 = 64 << 20
    }

    /// What one connection fetches with one request.
    struct Part: Sendable, Equatable {
        let number: Int
        let range: Range<Int64>
    }

    private let sizes: Sizes
    /// What nobody fetches, in order.
    private var waiting: ByteRanges
    /// What is left of the parts that are being fetched, by their numbers.
    private var active: [Int: Range<Int64>] = [:]
    private var lastNumber = 0

    init(missing: [Range<Int64>], _ sizes: Sizes) {
        self.sizes = sizes
        waiting = ByteRanges()
        for gap in missing { waiting.insert(gap) }
    }

    /// How many bytes have not come.
    var remaining: Int64 { waiting.count + active.values.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) } }
    /// Whether a part would be given.
    var hasWaiting: Bool { !waiting.parts.isEmpty }
    /// Whether somebody fetches.
    var hasActive: Bool { !active.isEmpty }

    /// Gives the next part to a connection.
    ///
    /// - Parameter connections: Among how many the rest is shared; one alone gets all up to the next byte that is here.
    mutating func claim(sharing connections: Int) -> Part? {
        // The parts get smaller towards the end, so that all connections end at about the same time.
        let fair = remaining / Int64(4 * max(1, connections))
        let size = connections <= 1 ? .max : min(max(fair, sizes.minimum), sizes.maximum)
        if waiting.parts.isEmpty { divide(leaving: size) }
        guard let gap = waiting.parts.first else { return nil }
        let end = gap.upperBound - gap.lowerBound > size ? gap.lowerBound + size : gap.upperBound
        var rest = ByteRanges()
        if end < gap.upperBound { rest.insert(end..<gap.upperBound) }
        for part in waiting.parts.dropFirst() { rest.insert(part) }
        waiting = rest
        lastNumber += 1
        active[lastNumber] = gap.lowerBound..<end
        return Part(number: lastNumber, range: gap.lowerBound..<end)
    }

    /// Takes the end of the longest part away from whoever fetches it, where that is worth another connection.
    private mutating func divide(leaving size: Int64) {
        guard
            let (number, range) = active.max(by: { $0.value.upperBound - $0.value.lowerBound < $1.value.upperBound - $1.value.lowerBound }),
            size < .max, range.upperBound - range.lowerBound >= 2 * size
        else { return }
        active[number] = range.lowerBound..<(range.lowerBound + size)
        waiting.insert((range.lowerBound + size)..<range.upperBound)
    }

    /// Of `count` bytes that have come for a part: where they belong, as far as they belong to it.
    mutating func take(_ count: Int, of number: Int) -> Range<Int64> {
        guard let range = active[number] else { return 0..<0 }
        let end = min(range.lowerBound + Int64(count), range.upperBound)
        active[number] = end..<range.upperBound
        return range.lowerBound..<end
    }

    /// What is left of a part.
    func rest(of number: Int) -> Range<Int64> { active[number] ?? 0..<0 }

    /// A connection is done with a part, or gives it up: what is left waits for another.
    mutating func release(_ number: Int) {
        if let rest = active.removeValue(forKey: number) { waiting.insert(rest) }
    }
}
