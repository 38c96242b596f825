import TabardCore
public import TabardKeyring

/// The credentials that lie on this machine or were given with the question: nobody has to be asked for them.
public struct StaticCredentials: Sendable {
    /// One group, which is tried as a whole before the next.
    struct Group: Sendable {
        let origin: Origin
        let keyring: Keyring
    }

    let groups: [Group]
    /// Every docker config file of the search, and what became of it.
    public let attempts: [DockerConfigSearch.Attempt]
    /// What is wrong with them, in words for the log.
    public let warnings: [String]

    /// Takes the results of the searches, in the order in which they are tried.
    ///
    /// - Parameters:
    ///   - dockerConfig: The docker config of this machine, or nil to leave it out.
    ///   - environment: The login in the environment, or nil to leave it out.
    public init(dockerConfig: DockerConfigSearch? = nil, environment: DockerEnvironment? = nil) {
        var groups: [Group] = []
        var warnings: [String] = []
        if let config = dockerConfig?.config {
            groups.append(Group(origin: Origin(.dockerConfig, config.file), keyring: Keyring(config.entries)))
            warnings += config.problems.map(\.description)
            warnings += config.entries.flatMap { entry in
                ((try? ImagePattern(ImagePattern.normalisedKey(of: entry.pattern)))?.warnings ?? []).map { "\(entry.origin.detail): \($0)" }
            }
        }
        if let entry = environment?.entry { groups.append(Group(origin: entry.origin, keyring: Keyring([entry]))) }
        if let complaint = environment?.complaint { warnings.append(complaint.description) }
        self.groups = groups
        self.warnings = warnings
        attempts = dockerConfig?.attempts ?? []
    }

    /// Adds what the groups have for an image.
    func answer(_ image: ImageReference, into resolution: inout Resolution) {
        for group in groups {
            let entries = group.keyring.entries(for: image)
            resolution.add(entries)
            resolution.note(
                group.origin, entries.isEmpty ? .nothing : .gave(entries.count),
                entries.isEmpty ? "no key matches \(image.name)" : entries.map { "\($0.pattern) matches" }.joined(separator: ", "))
        }
    }
}
