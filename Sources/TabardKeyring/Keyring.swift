public import TabardCore

/// Which static credentials fit an image, in the order in which the kubelet would try them.
///
/// All entries whose key matches are given: keys in descending byte order (a longer path before a shorter one, a host before a wildcard),
/// entries of one key in the order in which they were added. An image of Docker Hub that no key matches gets the entries of the key
/// `index.docker.io`, which is what `docker login` writes. The same login is not given twice.
///
/// The cost of a question does not grow with the number of keys, except for keys with a star inside a label (`app*.example.com`).
public struct Keyring: Sendable {
    struct Key: Sendable {
        /// What the kubelet makes of what the source wrote.
        let text: String
        let pattern: ImagePattern
        var entries: [AuthEntry]
    }

    /// Up to this many keys are looked at one by one; measured with `Benchmarks/run`.
    private static let few = 32

    /// In descending byte order; a key's place here is its rank.
    let keys: [Key]
    /// The paths of each host, wildcard labels as stars.
    private let hosts: [String: PathTable]
    /// For each number of labels, which of them are stars in some key.
    private let masks: [Int: [UInt64]]
    /// The ranks of the keys that no table can look up.
    private let residue: [Int]
    private let hub: Int?

    /// Entries whose pattern is for no registry that can exist are left out; `DockerConfig.problems` has told about them.
    public init(_ entries: [AuthEntry]) {
        var byText: [String: Key] = [:]
        for entry in entries {
            let text = ImagePattern.normalisedKey(of: entry.pattern)
            if byText[text]?.entries.append(entry) != nil { continue }
            guard let pattern = try? ImagePattern(text) else { continue }
            byText[text] = Key(text: text, pattern: pattern, entries: [entry])
        }
        keys = byText.values.sorted { $1.text.utf8.lexicographicallyPrecedes($0.text.utf8) }
        var paths: [String: [(path: String, rank: Int)]] = [:]
        var masks: [Int: Set<UInt64>] = [:]
        var residue: [Int] = []
        for (rank, key) in keys.enumerated() {
            guard let shape = HostShape(key.text), let mask = shape.starMask else {
                residue.append(rank)
                continue
            }
            masks[shape.labels.count, default: []].insert(mask)
            paths[shape.masked(mask), default: []].append((String(shape.path), rank))
        }
        hosts = paths.mapValues { PathTable($0) }
        self.masks = masks.mapValues { Array($0) }
        self.residue = residue
        hub = keys.firstIndex { $0.text == "index.docker.io" }
    }

    /// Whether nothing can ever match.
    public var isEmpty: Bool { keys.isEmpty }

    /// The entries that `image` may be pulled with, those to try first in front.
    public func entries(for image: ImageReference) -> [AuthEntry] { entries(forName: image.name) { $0.matches(image) } }

    /// The same for a name as the kubelet's own keyring is given it, which need not be complete: `jenkins`, `index.docker.io/a/b`.
    package func entries(forName name: String) -> [AuthEntry] { entries(forName: name) { $0.matches(name: name) } }

    /// - Parameter matches: Whether a pattern fits the same name.
    private func entries(forName name: String, _ matches: (ImagePattern) -> Bool) -> [AuthEntry] {
        var ranks = ranks(forName: name, matches)
        if ranks.isEmpty, let hub, Self.isOnDockerHub(name) { ranks = [hub] }
        var found: [AuthEntry] = []
        for rank in ranks {
            for entry in keys[rank].entries where !found.contains(where: { $0.isSameLogin(as: entry) }) { found.append(entry) }
        }
        return found
    }

    private func ranks(forName name: String, _ matches: (ImagePattern) -> Bool) -> [Int] {
        // Cutting a name into pieces costs as much as looking at a few keys.
        guard keys.count > Self.few, let shape = HostShape(name) else { return keys.indices.filter { matches(keys[$0].pattern) } }
        var candidates = residue
        let path = Array(shape.path.utf8)
        for mask in masks[shape.labels.count] ?? [] {
            if let table = hosts[shape.masked(mask)] { candidates += table.ranks(ofPrefixesOf: path) }
        }
        // The tables only narrow down; the pattern itself decides.
        return candidates.filter { matches(keys[$0].pattern) }.sorted()
    }

    /// The keys that nearly match, with the one rule that failed, for people who wonder why an entry is not used.
    ///
    /// Keys for other repositories of the registry are told only when none matches, and only the closest of them.
    public func nearMisses(for image: ImageReference) -> [KeyringNearMiss] {
        let matching = ranks(forName: image.name) { $0.matches(image) }
        var found: [(rank: Int, reason: String)] = []
        var elsewhere: [(rank: Int, reason: String, common: Int)] = []
        for (rank, key) in keys.enumerated() {
            if rank == hub, image.registry == "docker.io" {
                if !matching.isEmpty { found.append((rank, "it is for Docker Hub only when no key with docker.io matches")) }
            } else if let miss = key.pattern.miss(image) {
                if let common = miss.commonPath {
                    elsewhere.append((rank, miss.reason, common))
                } else {
                    found.append((rank, miss.reason))
                }
            }
        }
        if matching.isEmpty {
            elsewhere.sort { ($1.common, $0.rank) < ($0.common, $1.rank) }
            found += elsewhere.prefix(Self.toldRepositories).map { ($0.rank, $0.reason) }
        }
        return found.sorted { $0.rank < $1.rank }.flatMap { rank, reason in
            keys[rank].entries.map { KeyringNearMiss(pattern: $0.pattern, origin: $0.origin, reason: reason) }
        }
    }

    private static let toldRepositories = 3

    /// The kubelet's test for "the default registry" on a name that may be short.
    private static func isOnDockerHub(_ name: String) -> Bool {
        guard let slash = name.utf8.firstIndex(of: UInt8(ascii: "/")) else { return !name.isEmpty }
        let first = name[..<slash]
        if first.isEmpty { return false }
        return first == "docker.io" || first == "index.docker.io"
            || !first.utf8.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") }
    }
}
