import TabardCore

/// Finds the keys that may match a name without looking at the others.
///
/// Keys without a star, or with stars for whole labels, are looked up in tables: one for each host, stars as stars. Only keys with a star
/// inside a label (`app*.example.com`) are looked at one by one.
final class KeyringIndex: Sendable {
    /// The paths of each host, wildcard labels as stars.
    private let hosts: [String: PathTable]
    /// For each number of labels, which of them are stars in some key.
    private let masks: [Int: [UInt64]]
    /// The places of the keys that no table can look up.
    private let residue: [Int]
    /// The places of all keys of the same text, by the first of them; only where there are several.
    private let others: [Int: [Int]]
    /// The places of the keys `index.docker.io`.
    let hub: [Int]

    init(_ keys: [KeyedEntry]) {
        var firsts: [String: Int] = [:]
        var paths: [String: [(path: String, place: Int)]] = [:]
        var masks: [Int: Set<UInt64>] = [:]
        var residue: [Int] = []
        var others: [Int: [Int]] = [:]
        for (place, key) in keys.enumerated() {
            guard let shape = HostShape(key.pattern.text), let mask = shape.starMask else {
                residue.append(place)
                continue
            }
            if let first = firsts[key.pattern.text] {
                others[first, default: []].append(place)
                continue
            }
            firsts[key.pattern.text] = place
            masks[shape.labels.count, default: []].insert(mask)
            paths[shape.masked(mask), default: []].append((String(shape.path), place))
        }
        hosts = paths.mapValues { PathTable($0) }
        self.masks = masks.mapValues { Array($0) }
        self.residue = residue
        self.others = others
        hub = firsts["index.docker.io"].map { [$0] + others[$0, default: []] } ?? []
    }

    /// The places of all keys that may match, in no order; nil for a name that no table can look up.
    func candidates(forName name: String) -> [Int]? {
        guard let shape = HostShape(name) else { return nil }
        var firsts = residue
        let path = Array(shape.path.utf8)
        for mask in masks[shape.labels.count] ?? [] {
            if let table = hosts[shape.masked(mask)] { firsts += table.places(ofPrefixesOf: path) }
        }
        return others.isEmpty ? firsts : firsts + firsts.flatMap { others[$0] ?? [] }
    }
}
