public import TabardCore
import TabardJSON

/// What a file of docker credentials says: a `config.json`, or the older `.dockercfg`, which is only the `auths` of one.
///
/// Read as the kubelet reads it, with two differences: one bad entry spoils only itself, and helpers and tokens are not ignored.
public struct DockerConfig: Sendable {
    /// What the bytes are.
    public enum Format: Sendable, Hashable {
        /// An object with `auths`, as `docker login` writes it.
        case config
        /// The map of registries alone, as docker before 1.7 wrote it.
        case legacy
        /// The same as `config`, as podman and skopeo read their `auth.json`: keys are namespaces, of whole components.
        case containers
    }

    /// Where it was read from, as it was named.
    public let file: String
    /// The entries that can be used with their keys, in the order of the file. A registry given twice counts once, with its last value.
    public let keys: [KeyedEntry]
    /// Those entries.
    public var entries: [AuthEntry] { keys.map(\.entry) }
    /// What cannot be used, each with its place and without its content.
    public let problems: [Failure]
    /// The registries among that.
    public let spoiled: [SpoiledKey]
    /// Whether it was read as a file of podman and skopeo.
    public let isNamespaced: Bool
    /// `credHelpers`: the helper for each registry.
    public let credHelpers: [String: String]
    /// `credsStore`: the helper for all others.
    public let credsStore: String?
    /// Whether it is an object without any field that docker's own file has: probably the `config.json` of something else.
    let isForeign: Bool

    /// What is in it, without names of users: `2 logins, 1 that cannot be used, credHelpers for r.io (x), credsStore y`.
    public var summary: String {
        var parts = [keys.count == 1 ? "1 login" : "\(keys.count) logins"]
        if !problems.isEmpty {
            parts.append(problems.count == 1 ? "1 part that cannot be used" : "\(problems.count) parts that cannot be used")
        }
        let named = credHelpers.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        if !named.isEmpty {
            let told = named.prefix(3).map { "\($0.key) (\($0.value))" } + (named.count > 3 ? ["\(named.count - 3) more"] : [])
            parts.append("credHelpers for \(told.joined(separator: ", "))")
        }
        if let credsStore { parts.append("credsStore \(credsStore)") }
        return parts.joined(separator: ", ")
    }

    /// Makes one from parts that were read elsewhere.
    init(
        file: String, reading: DockerConfigEntry.Reading, isNamespaced: Bool = false, credHelpers: [String: String] = [:],
        credsStore: String? = nil, isForeign: Bool = false
    ) {
        self.isForeign = isForeign
        self.isNamespaced = isNamespaced
        keys = reading.keys
        problems = reading.problems
        spoiled = reading.spoiled
        self.file = file
        self.credHelpers = credHelpers
        self.credsStore = credsStore
    }

    /// The same, all its logins being of that owner.
    public func owned(by owner: EntryOwner) -> DockerConfig {
        // As they were read: copying the keys of a large file is not free.
        guard owner != .node else { return self }
        let reading = DockerConfigEntry.Reading(keys: keys.map { $0.owned(by: owner) }, problems: problems, spoiled: spoiled)
        return DockerConfig(
            file: file, reading: reading, isNamespaced: isNamespaced, credHelpers: credHelpers, credsStore: credsStore,
            isForeign: isForeign)
    }

    private static let fieldNames: Set<String> = [
        "auths", "credhelpers", "credsstore", "httpheaders", "psformat", "imagesformat", "detachkeys", "proxies", "plugins",
        "currentcontext", "experimental", "aliases", "features",
    ]

    /// Reads the bytes of a file.
    ///
    /// - Parameters:
    ///   - file: What failures and origins call it.
    ///   - source: What kind of place it is.
    /// - Throws: `.invalid` when it is not JSON, or no object.
    public static func parse(
        _ bytes: Secret, file: String, format: Format, source: Origin.Source = .dockerConfig
    ) throws(Failure) -> DockerConfig {
        let root = try JSONDocument(reading: bytes, from: JSONSource(file, attempting: "reading docker credentials")).root.asObject()
        guard format != .legacy else {
            return DockerConfig(file: file, reading: DockerConfigEntry.readAll(in: root, file: file, source: source))
        }
        var reading = DockerConfigEntry.Reading()
        let isForeign = !root.members.isEmpty && !root.members.contains { fieldNames.contains($0.key.lowercased()) }
        if isForeign, root.members.contains(where: { $0.value.kind == .object && $0.value.field("auth") != nil }) {
            reading.problems.append(
                root.failure("has no \"auths\"", advice: "put the registries inside \"auths\", or move the file to .dockercfg"))
        }
        if let auths = root.field("auths") {
            let read = DockerConfigEntry.readAll(
                in: try auths.asObject(), file: file, source: source, isNamespaced: format == .containers)
            reading.keys = read.keys
            reading.problems += read.problems
            reading.spoiled = read.spoiled
        }
        var credHelpers: [String: String] = [:]
        var credsStore: String?
        do throws(Failure) {
            for member in try root.field("credHelpers")?.asObject().members ?? [] {
                do throws(Failure) {
                    credHelpers[member.key] = try member.value.asString()
                } catch {
                    reading.problems.append(error)
                }
            }
        } catch {
            reading.problems.append(error)
        }
        do throws(Failure) {
            let name = try root.field("credsStore")?.asString() ?? ""
            credsStore = name.isEmpty ? nil : name
        } catch {
            reading.problems.append(error)
        }
        if credsStore != nil || !credHelpers.isEmpty {
            // Beside a helper, docker leaves an empty entry for each registry whose secret the helper keeps.
            reading.keys.removeAll { key in
                let entry = key.entry
                return entry.username.isEmpty && entry.password.isEmpty && (credsStore != nil || credHelpers[entry.pattern] != nil)
            }
        }
        return DockerConfig(
            file: file, reading: reading, isNamespaced: format == .containers, credHelpers: credHelpers, credsStore: credsStore,
            isForeign: isForeign)
    }
}

extension JSONNode {
    /// The value of a field as Go's decoder finds it: in any case, the last one, and null as if it were not there.
    func field(_ name: String) -> JSONNode? {
        let wanted = name.lowercased()
        guard let found = members.last(where: { $0.key.lowercased() == wanted })?.value, !found.isNull else { return nil }
        return found
    }
}
