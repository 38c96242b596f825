public import TabardCore
public import TabardKeyring
import TabardSystem

/// The credentials that lie on this machine or were given with the question, and the helpers that a docker config names.
public struct StaticCredentials: Sendable {
    /// One group, which is tried as a whole before the next.
    struct Group: Sendable {
        let origin: Origin
        let keyring: Keyring
    }

    /// What is looked through in turn.
    enum Place: Sendable {
        /// A login for whatever image is asked about.
        case login(AuthEntry)
        case group(Group)
        case helpers(CredentialHelpers, owner: EntryOwner)
    }

    /// In the order in which they are asked.
    let places: [Place]
    /// Every docker config file of the search, and what became of it.
    public let attempts: [DockerConfigSearch.Attempt]
    /// What is wrong with them, in words for the log.
    public let warnings: [String]
    /// Keys that are read as the kubelet reads them and mean something else than their writer is likely to expect.
    public let traps: [KeyedEntry]

    /// Registries whose entries cannot be used.
    let spoiled: [SpoiledKey]

    /// Takes the results of the searches, in the order in which they are tried.
    ///
    /// - Parameters:
    ///   - pullSecrets: The secrets given with the question. All of them make one group: the kubelet's order goes by key.
    ///   - dockerConfig: The docker config of this machine, or nil to leave it out.
    ///   - dockerConfigOwner: Whose that is.
    ///   - helperEnvironment: The variables for the helpers that the docker config names; nil starts none.
    ///   - environment: The login in the environment, or nil to leave it out.
    public init(
        pullSecrets: [PullSecret.Reading] = [], dockerConfig: DockerConfigSearch? = nil, dockerConfigOwner: EntryOwner = .node,
        helperEnvironment: [String: String]? = nil, environment: DockerEnvironment? = nil
    ) {
        var places: [Place] = []
        var warnings: [String] = []
        var traps: [KeyedEntry] = []
        if !pullSecrets.isEmpty {
            let configs = pullSecrets.flatMap(\.secrets).map(\.config)
            let files = pullSecrets.map(\.file).joined(separator: ", ")
            places.append(.group(Group(origin: Origin(.pullSecret, files), keyring: Keyring(keys: configs.flatMap(\.keys)))))
            warnings += (pullSecrets.flatMap(\.problems) + configs.flatMap(\.problems)).map(\.description)
            traps += configs.flatMap(\.keys).filter(\.isTrap)
        }
        let files = dockerConfig.map { [$0.config].compactMap { $0 } + $0.containers } ?? []
        for config in files.map({ $0.owned(by: dockerConfigOwner) }) {
            if let helperEnvironment {
                // The helper tabard is this program, whose providers are asked in any case.
                let helpers = CredentialHelpers(config, environment: helperEnvironment) { _, _, _ throws(Failure) in [] }
                places.append(.helpers(helpers, owner: dockerConfigOwner))
            }
            places.append(.group(Group(origin: Origin(.dockerConfig, config.file), keyring: Keyring(keys: config.keys))))
            warnings += config.problems.map(\.description)
            traps += config.keys.filter(\.isTrap)
        }
        spoiled = (pullSecrets.flatMap(\.secrets).map(\.config) + files).flatMap(\.spoiled)
        if let entry = environment?.entry { places.append(.group(Group(origin: entry.origin, keyring: Keyring([entry])))) }
        if let complaint = environment?.complaint { warnings.append(complaint.description) }
        if let notice = environment?.notice { warnings.append(notice) }
        self.places = places
        self.warnings = warnings
        self.traps = traps
        attempts = dockerConfig?.attempts ?? []
    }

    /// Takes what came with a question.
    ///
    /// - Parameters:
    ///   - login: For every image that is asked about, or nil.
    ///   - pullSecrets: The entries of the secrets that the Pod may use, all of them one group.
    public init(login: AuthEntry?, pullSecrets: [AuthEntry] = []) {
        var places = [login].compactMap { $0.map(Place.login) }
        if !pullSecrets.isEmpty {
            places.append(.group(Group(origin: Origin(.pullSecret, "the Pod's"), keyring: Keyring(pullSecrets))))
        }
        self.places = places
        warnings = []
        traps = []
        spoiled = []
        attempts = []
    }

    /// The groups alone, for whoever looks for what nearly matches.
    var groups: [Group] { places.compactMap { if case .group(let group) = $0 { group } else { nil } } }

    /// The credentials for an image that whoever asks can show: what came with his question, and nothing of the node's. No helper is asked.
    public func shown(for image: ImageReference) -> [AuthEntry] {
        var resolution = Resolution()
        for place in places { _ = Self.ask(place, about: image, until: nil, into: &resolution) }
        return resolution.entries.filter { $0.owner != .node }
    }

    /// Why an entry is for an image, in words.
    private static func reason(for entry: AuthEntry, _ image: ImageReference) -> String {
        image.registry == "docker.io" && ImagePattern.normalisedKey(of: entry.pattern) == "index.docker.io"
            ? "\(entry.pattern) is for Docker Hub, and no other key matches" : "\(entry.pattern) matches"
    }

    /// Adds what one place has for an image.
    ///
    /// - Parameter deadline: When a helper has to be done, on CLOCK_MONOTONIC in nanoseconds; nil starts none and only tells which would be.
    /// - Returns: Why a helper that is named could not be asked.
    static func ask(
        _ place: Place, about image: ImageReference, until deadline: Int64?, _ cancellation: Cancellation? = nil,
        into resolution: inout Resolution
    ) -> Failure? {
        switch place {
        case .login(let entry):
            resolution.add([entry])
            resolution.note(entry.origin, .gave(1), "given for \(entry.pattern), and tried before anything else")
        case .group(let group):
            let entries = group.keyring.entries(for: image)
            resolution.add(entries)
            resolution.note(
                group.origin, entries.isEmpty ? .nothing : .gave(entries.count),
                entries.isEmpty ? "no key matches \(image.name)" : entries.map { reason(for: $0, image) }.joined(separator: ", "))
        case .helpers(let helpers, let owner):
            guard let choice = helpers.choice(for: image) else { return nil }
            let origin = Origin(.credentialHelper, "docker-credential-\(choice.helper)")
            guard choice.helper != "tabard" else {
                resolution.note(origin, .notAsked, "\(choice.place) names this program, whose providers are asked below")
                return nil
            }
            do throws(Failure) {
                guard let deadline else {
                    try helpers.check(choice)
                    resolution.note(origin, .notAsked, "\(choice.place) names it; asked only with --probe")
                    return nil
                }
                let entries = try helpers.entries(for: image, until: deadline, cancellation: cancellation).map { entry in
                    var entry = entry
                    entry.owner = owner
                    return entry
                }
                resolution.add(entries)
                resolution.note(
                    origin, entries.isEmpty ? .nothing : .gave(entries.count),
                    entries.isEmpty ? "it knows no login to \(choice.server)" : "\(choice.place) names it")
            } catch {
                resolution.note(origin, .failed(error), "\(choice.place) names it; \(error)")
                return error
            }
        }
        return nil
    }
}
