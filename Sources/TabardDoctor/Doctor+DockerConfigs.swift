import TabardConfig
import TabardCore
import TabardKeyring
import TabardSystem

/// Docker configs: which one counts, which files of podman are read besides, how many logins they have for each registry, and what in them
/// cannot work.
///
/// Logins are counted, not compared: anything derived from a password, a hash too, could be tried against guesses.
extension Doctor {
    mutating func checkDockerConfigs() {
        let search = DockerConfigSearch(
            dockerConfig: shell["DOCKER_CONFIG"].map(files.place), registryAuthFile: shell["REGISTRY_AUTH_FILE"].map(files.place),
            folders: dockerFolders, log: .silent)
        let isNamed = shell["DOCKER_CONFIG"]?.isEmpty == false || shell["REGISTRY_AUTH_FILE"]?.isEmpty == false
        let besides = podmanFiles
        for attempt in search.attempts {
            // The value of a variable is not shown.
            let subject = isNamed ? "the docker config that a variable names" : besides[attempt.path] ?? attempt.path
            switch attempt.outcome {
            case .missing: continue
            case .taken(let config): check(config, at: attempt.path, as: subject, besides[attempt.path] == nil ? .counts : .besides)
            case .unusable(let failure) where besides[attempt.path] != nil:
                report.add(
                    .warning, .docker, subject, "podman's file cannot be used: \(failure.reason)", why: "its logins are missing",
                    fix: failure.advice)
            case .unusable(let failure):
                // The current folder often has the config.json of something else.
                let isForeign = attempt.path.hasPrefix(dockerFolders.current + "/") && failure.reason.hasSuffix("of something else")
                report.add(
                    isForeign ? .note : .warning, .docker, subject, "it is passed over: \(failure.reason)",
                    why: "the next file of the search counts in its place, or none", fix: failure.advice)
            case .notTried:
                guard (try? FileStatus(of: attempt.path)) != nil else { continue }
                report.add(
                    .note, .docker, subject, "it is not read: an earlier file of the search counts", why: "files are never merged",
                    fix: "move its logins into the one that counts")
                if let other = try? DockerConfigSearch(explicit: attempt.path, log: .silent).config {
                    check(other, at: attempt.path, as: subject, .unread)
                }
            }
        }
        if search.config == nil, search.containers.isEmpty,
            !search.attempts.contains(where: { if case .unusable = $0.outcome { true } else { false } })
        {
            report.add(.ok, .docker, "docker config", "there is none: registries are opened by providers and pull secrets alone")
        }
        let environment = DockerEnvironment { shell[$0] }
        if let complaint = environment.complaint {
            report.add(
                .warning, .docker, "DOCKER_USER", complaint.reason, why: "the login in the environment does nothing", fix: complaint.advice)
        }
        if let notice = environment.notice { report.add(.note, .docker, "DOCKER_PASSWORD", notice) }
    }

    private var dockerFolders: DockerConfigSearch.Folders {
        var folders = DockerConfigSearch.Folders(home: nil)
        let home = shell["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? (node.environment == nil ? "/root" : nil)
        folders.kubelet = files.place(kubelet?.folder ?? folders.kubelet)
        folders.home = home.map(files.place)
        folders.root = files.root
        folders.containers = podmanFolders.map { files.place($0.path) }
        // A mounted node has no current folder of ours; a kubelet's is the root.
        if !files.isThisMachine { folders.current = files.root }
        return folders
    }

    /// Where podman and skopeo keep logins, with what a report calls the file.
    private var podmanFolders: [(path: String, file: String)] {
        let variable: (String) -> String? = { [shell] name in shell[name].flatMap { $0.isEmpty ? nil : $0 } }
        guard node.environment != nil else {
            return ["/run/containers/0", "/root/.config/containers"].map { ($0, "\($0)/auth.json") }
        }
        let paths = DockerConfigSearch.Folders(variable).containers
        let names = ["XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"].map { variable($0) == nil ? nil : "containers/auth.json in \($0)" }
        return zip(paths, names).map { ($0, $1 ?? "\($0)/auth.json") }
    }

    /// What a report calls each of podman's files, by where this process finds it.
    private var podmanFiles: [String: String] {
        Dictionary(podmanFolders.map { ("\(files.place($0.path))/auth.json", $0.file) }) { first, _ in first }
    }

    /// What a file is to a pull.
    private enum Role {
        /// The one docker config.
        case counts
        /// Podman's, read after it.
        case besides
        /// Hidden by an earlier one.
        case unread
    }

    private mutating func check(_ config: DockerConfig, at place: String, as subject: String, _ role: Role) {
        var keys: [String: [String]] = [:]
        for entry in config.entries { keys[ImagePattern.normalisedKey(of: entry.pattern), default: []].append(entry.pattern) }
        report.dockerConfigs.append(
            .init(
                path: subject, counts: role != .unread, logins: keys.mapValues(\.count), credHelpers: config.credHelpers,
                credsStore: config.credsStore))
        guard role != .unread else { return }
        let count = config.entries.count
        let logins = "\(count) login\(count == 1 ? "" : "s")"
        report.add(
            .ok, .docker, subject, role == .counts ? "it counts: \(logins)" : "podman's, read besides by tabard and its helper: \(logins)")
        for problem in config.problems {
            report.add(
                .warning, .docker, subject, "an entry is left out: \(problem.reason)",
                why: role == .counts ? "a kubelet refuses the whole file for it" : "", fix: problem.advice)
        }
        for (registry, spellings) in keys.sorted(by: { $0.key < $1.key }) where spellings.count > 1 {
            report.add(
                .warning, .docker, subject, "\(registry) has \(spellings.count) logins: \(spellings.sorted().joined(separator: ", "))",
                why: "all of them are tried, and a kubelet's order among them changes from start to start", fix: "keep one of them")
        }
        for key in config.keys {
            for warning in key.pattern.keyWarnings(isNamespace: key.isNamespace) {
                report.add(
                    .warning, .docker, subject, "\(key.pattern): \(warning)",
                    why: "the login is for fewer images, or more, than it looks")
            }
            checkShadow(key.pattern.text, subject)
        }
        if let mode = try? FileStatus(of: place).mode, mode & 0o077 != 0, count > 0 {
            report.add(
                .warning, .docker, subject, "others can read it (mode 0\(String(mode, radix: 8)))",
                why: "every process on the node can use its logins", fix: "chmod 600 on it")
        }
        checkHelpers(config, subject)
    }

    /// A login that is tried before a provider that serves the same registry.
    private mutating func checkShadow(_ key: String, _ subject: String) {
        guard let image = try? ImageReference("\(key.split(separator: "/").first.map(String.init) ?? key)/any/image") else { return }
        for provider in providers {
            guard patterns(of: provider.id).contains(where: { $0.matches(image) }) else { continue }
            report.add(
                .warning, .docker, subject, "its login for \(key) is tried before \(provider.id), which serves that registry too",
                why: "a password that has expired costs a refused request at each pull", fix: "take it out, unless it is meant")
        }
    }

    private mutating func checkHelpers(_ config: DockerConfig, _ subject: String) {
        var places = config.credHelpers.map { (helper: $0.value, place: "credHelpers for \($0.key)") }
        if let store = config.credsStore { places.append((store, "credsStore")) }
        guard !places.isEmpty else { return }
        if let kubelet, files.shown(subject).hasPrefix(kubelet.folder) {
            report.add(
                .warning, .docker, subject, "it names credential helpers, which a kubelet does not ask",
                why: "Pods pull without those logins", fix: "use pull secrets, or a credential provider")
        }
        let folders = (shell["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(separator: ":")
        for (helper, place) in places.sorted(by: { $0.place < $1.place }) where !helper.isEmpty && helper != "tabard" {
            let program = "docker-credential-\(helper)"
            guard !folders.contains(where: { files.isProgram("\($0)/\(program)") }) else { continue }
            report.add(
                .error, .docker, subject, "\(place) names \(helper), and there is no program \(program) in PATH",
                why: "every pull from those registries fails", fix: "install \(program), or take it out of the file")
        }
    }
}
