/// The path parts of the keys of one host, arranged so that all that are prefixes of a given path are found without looking at the others.
///
/// In byte order, everything between a prefix of a text and the text itself starts with that prefix too. So the longest prefix is the
/// text's neighbour or one of the neighbour's own prefixes, which are linked.
struct PathTable: Sendable {
    private struct Row: Sendable {
        let path: [UInt8]
        /// Which key of the keyring it is.
        let place: Int
        /// The longest other path in the table that this one starts with.
        var parent: Int?
    }
    private var rows: [Row]

    /// - Parameter paths: Each path once; in any order.
    init(_ paths: [(path: String, place: Int)]) {
        rows = paths.map { Row(path: Array($0.path.utf8), place: $0.place, parent: nil) }
        rows.sort { $0.path.lexicographicallyPrecedes($1.path) }
        var open: [Int] = []
        for index in rows.indices {
            while let last = open.last, !rows[index].path.starts(with: rows[last].path) { open.removeLast() }
            rows[index].parent = open.last
            open.append(index)
        }
    }

    /// The places of all paths that `path` starts with, the longest first.
    func places(ofPrefixesOf path: [UInt8]) -> [Int] {
        // The first row behind `path`.
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low + high) / 2
            if path.lexicographicallyPrecedes(rows[middle].path) { high = middle } else { low = middle + 1 }
        }
        var places: [Int] = []
        var next = low > 0 ? low - 1 : nil
        while let index = next {
            if path.starts(with: rows[index].path) { places.append(rows[index].place) }
            next = rows[index].parent
        }
        return places
    }
}
