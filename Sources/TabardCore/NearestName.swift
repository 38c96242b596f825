/// Which known name was probably meant by one that is unknown.
public enum NearestName {
    /// The known name that is fewest typing mistakes away, or nil when none is near: more than one mistake in three characters.
    ///
    /// A mistake is a character too many, too few, wrong, or swapped with its neighbour; case is not a mistake. Ties go to the first.
    public static func to(_ name: String, among known: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased().unicodeScalars)
        // A longer text is no name.
        guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in known {
            let scalars = Array(candidate.lowercased().unicodeScalars)
            guard scalars.count <= 64 else { continue }
            let distance = distance(wanted, scalars)
            if distance <= max(wanted.count, scalars.count) / 3, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Optimal string alignment: Levenshtein's distance with swapped neighbours as one mistake.
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                var cost = min(previous[column + 1] + 1, current[column] + 1, previous[column] + (left[row] == right[column] ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, beforePrevious[column - 1] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
