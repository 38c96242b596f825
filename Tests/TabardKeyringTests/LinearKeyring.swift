import TabardCore

/// The keyring without any cleverness: every key is looked at, as the kubelet does it. What `Keyring` must agree with.
struct LinearKeyring {
    private let keys: [(text: String, pattern: ImagePattern, entries: [AuthEntry])]

    init(_ entries: [AuthEntry]) {
        var keys: [(text: String, pattern: ImagePattern, entries: [AuthEntry])] = []
        for entry in entries {
            let text = ImagePattern.normalisedKey(of: entry.pattern)
            guard let pattern = try? ImagePattern(text) else { continue }
            if let index = keys.firstIndex(where: { $0.text == text }) {
                keys[index].entries.append(entry)
            } else {
                keys.append((text, pattern, [entry]))
            }
        }
        self.keys = keys.sorted { Array($0.text.utf8).lexicographicallyPrecedes(Array($1.text.utf8)) }.reversed()
    }

    func entries(forName name: String) -> [AuthEntry] {
        var found = keys.filter { $0.pattern.matches(name: name) }.flatMap(\.entries)
        if found.isEmpty, isOnDockerHub(name) { found = keys.filter { $0.text == "index.docker.io" }.flatMap(\.entries) }
        var unique: [AuthEntry] = []
        for entry in found where !unique.contains(where: { $0.username == entry.username && $0.password.text == entry.password.text }) {
            unique.append(entry)
        }
        return unique
    }

    private func isOnDockerHub(_ name: String) -> Bool {
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, !first.isEmpty else { return false }
        return parts.count == 1 || first == "docker.io" || first == "index.docker.io" || !(first.contains(".") || first.contains(":"))
    }
}
