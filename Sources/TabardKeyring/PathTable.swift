/// The path parts of the keys of one host, arranged so that all that are prefixes of a given path are found without looking at the others.
///
/// In byte order, everything between a prefix of a text and the text itself starts with that prefix too. So the longest prefix is the
/// text's neighbour or one of the neighbour's own prefixes, which are linked.
struct PathTable {
    private struct Row {
        let path: [UInt8]
        /// Where the key stands in the keyring.
        let rank: Int
        /// The longest other path in the table that this one starts with.
        var parent: Int?
    }
    private var rows: [Row]

    /// - Parameter paths: Each path once; in any order.
    init(_ paths: [(path: String, rank: Int)]) {
        rows = paths.map { Row(path: Array($0.path.utf8), rank: $0.rank, parent: nil) }
        rows.sort { $0.path.lexicographicallyPrecedes($1.path) }
        var open: [Int] = []
        for index in rows.indices {
            while let last = open.last, !rows[index].path.starts(with: rows[last].path) { open.removeLast() }
            rows[index].parent = open.last
            open.append(index)
        }
    }

    /// The ranks of all paths that `path` starts with, the longest first.
    func ranks(ofPrefixesOf path: [UInt8]) -> [Int] {
        // The first row behind `path`.
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low + high) / 2
            if path.lexicographicallyPrecedes(rows[middle].path) { high = middle } else { low = middle + 1 }
        }
        var ranks: [Int] = []
        var next = low > 0 ? low - 1 : nil
        while let index = next {
            if path.starts(with: rows[index].path) { ranks.append(rows[index].rank) }
            next = rows[index].parent
        }
        return ranks
    }
}
