import Synchronization
public import TabardCore

/// Which static credentials fit an image, in the order in which the kubelet would try them.
///
/// All entries whose key matches are given: keys in descending byte order (a longer path before a shorter one, a host before a wildcard),
/// entries of one key in the order in which they were added. An image of Docker Hub that no key matches gets the entries of the key
/// `index.docker.io`, which is what `docker login` writes. The same login is not given twice.
///
/// The cost of a question does not grow with the number of keys, except for keys with a star inside a label (`app*.example.com`): the
/// first few questions look at every key, the next one makes an index, which all copies of this value share.
public struct Keyring: Sendable {
    private final class Later: Sendable {
        let questions = Atomic<Int>(0)
        let index = AtomicLazyReference<KeyringIndex>()
    }

    /// Up to this many keys are always looked at one by one: cutting a name into pieces costs as much. Measured with `Benchmarks/run`.
    private static let few = 32
    /// An index costs as much as about this many questions without one, so a program with one question does not make it.
    private static let questionsWithoutIndex = 32

    /// In the order in which they were added.
    private let keys: [KeyedEntry]
    private let later: Later?

    /// Entries whose pattern is for no registry that can exist are left out; `DockerConfig.problems` has told about them.
    public init(_ entries: [AuthEntry]) { self.init(keys: entries.compactMap(KeyedEntry.init)) }

    /// Takes entries whose keys were read already.
    public init(keys: [KeyedEntry]) {
        self.keys = keys
        later = keys.count > Self.few ? Later() : nil
    }

    /// Whether nothing can ever match.
    public var isEmpty: Bool { keys.isEmpty }

    /// The entries that `image` may be pulled with, those to try first in front.
    public func entries(for image: ImageReference) -> [AuthEntry] { entries(forName: image.name) { $0.matches(image) } }

    /// The same for a name as the kubelet's own keyring is given it, which need not be complete: `jenkins`, `index.docker.io/a/b`.
    package func entries(forName name: String) -> [AuthEntry] { entries(forName: name) { $0.pattern.matches(name: name) } }

    /// - Parameter matches: Whether an entry is for the same name.
    private func entries(forName name: String, _ matches: (KeyedEntry) -> Bool) -> [AuthEntry] {
        let index = index
        // The tables only narrow down; the pattern itself decides.
        var places =
            (index?.candidates(forName: name)).map { $0.filter { matches(keys[$0]) } }
            ?? keys.indices.filter { matches(keys[$0]) }
        if places.isEmpty, Self.isOnDockerHub(name) { places = index?.hub ?? keys.indices.filter(isHub) }
        var found: [AuthEntry] = []
        for place in inOrder(places) where !found.contains(where: { $0.isSameLogin(as: keys[place].entry) }) {
            found.append(keys[place].entry)
        }
        return found
    }

    /// nil while looking at every key is cheaper.
    private var index: KeyringIndex? {
        guard let later else { return nil }
        if let index = later.index.load() { return index }
        guard later.questions.add(1, ordering: .relaxed).newValue > Self.questionsWithoutIndex else { return nil }
        // Two threads may both make one; the first counts.
        return later.index.storeIfNil(KeyringIndex(keys))
    }

    private func isHub(_ place: Int) -> Bool { keys[place].pattern.text == "index.docker.io" }

    /// As the kubelet tries them.
    private func inOrder(_ places: [Int]) -> [Int] {
        guard places.count > 1 else { return places }
        return places.sorted { left, right in
            let (mine, other) = (keys[left].pattern.text, keys[right].pattern.text)
            return mine == other ? left < right : other.utf8.lexicographicallyPrecedes(mine.utf8)
        }
    }

    /// The keys that nearly match, with the one rule that failed, for people who wonder why an entry is not used.
    ///
    /// Keys for other repositories of the registry are told only when none matches, and only the closest of them. Looks at every key.
    public func nearMisses(for image: ImageReference) -> [KeyringNearMiss] {
        let compared = ComparedImage(image)
        var hasMatch = false
        var near: [Int: String] = [:]
        var hub: [Int] = []
        var elsewhere: [(place: Int, reason: String, common: Int)] = []
        for (place, key) in keys.enumerated() {
            if image.registry == "docker.io", isHub(place) {
                hub.append(place)
            } else if key.matches(image) {
                hasMatch = true
            } else if key.pattern.matches(image) {
                near[place] = "in a file of podman and skopeo a path means whole components: \(key.pattern) is not for \(image.name)"
            } else if let miss = key.pattern.miss(compared) {
                if let common = miss.commonPath { elsewhere.append((place, miss.reason, common)) } else { near[place] = miss.reason }
            }
        }
        if hasMatch {
            for place in hub { near[place] = "it is for Docker Hub only when no key with docker.io matches" }
        } else {
            for miss in closest(elsewhere) { near[miss.place] = miss.reason }
        }
        return inOrder(Array(near.keys)).map { place in
            KeyringNearMiss(pattern: keys[place].entry.pattern, origin: keys[place].entry.origin, reason: near[place] ?? "")
        }
    }

    private func closest(
        _ misses: [(place: Int, reason: String, common: Int)]
    ) -> ArraySlice<(place: Int, reason: String, common: Int)> {
        misses.sorted { left, right in
            if left.common != right.common { return left.common > right.common }
            return keys[right.place].pattern.text.utf8.lexicographicallyPrecedes(keys[left.place].pattern.text.utf8)
        }.prefix(Self.toldRepositories)
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
