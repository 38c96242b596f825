public import TabardCore

/// An entry with its key, read as the kubelet reads it. A class, because there may be thousands, which go from list to list.
public final class KeyedEntry: Sendable {
    /// The pattern that the kubelet makes of what the source wrote.
    public let pattern: ImagePattern
    /// The entry.
    public let entry: AuthEntry

    /// Whether its path means whole components, as in the files of podman and skopeo: `r.io/team` is not for `r.io/team-b`.
    public let isNamespace: Bool

    /// - Parameter pattern: What `entry.pattern` means.
    init(pattern: ImagePattern, entry: AuthEntry, isNamespace: Bool = false) {
        self.pattern = pattern
        self.entry = entry
        self.isNamespace = isNamespace
    }

    /// Whether the entry is for an image.
    public func matches(_ image: ImageReference) -> Bool {
        pattern.matches(image) && (!isNamespace || pattern.endsAtComponent(of: image))
    }

    /// Reads the entry's own pattern; nil when it is for no registry that can exist.
    package convenience init?(_ entry: AuthEntry) {
        guard let pattern = try? ImagePattern(configKey: entry.pattern) else { return nil }
        self.init(pattern: pattern, entry: entry)
    }

    /// The same, its entry being of that owner.
    func owned(by owner: EntryOwner) -> KeyedEntry {
        var entry = entry
        entry.owner = owner
        return KeyedEntry(pattern: pattern, entry: entry, isNamespace: isNamespace)
    }

    /// What the key means beside what its writer is likely to expect, in one line with its place; nil for most.
    public var warning: String? {
        isTrap ? "\(entry.origin.detail): \(pattern.keyWarnings(isNamespace: isNamespace).joined(separator: "; "))" : nil
    }

    /// Whether there is a `warning`, without putting it into words.
    package var isTrap: Bool { pattern.isTrap(asNamespace: isNamespace) }
}
