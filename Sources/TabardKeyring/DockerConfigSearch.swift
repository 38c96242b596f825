import Glibc
public import TabardCore
import TabardSystem

/// The search for the one docker config that counts, and an account of it.
///
/// As for the kubelet, the first file that can be read and understood is the answer, and nothing is merged: `config.json` in the
/// kubelet's folder, the current folder, `$HOME/.docker` and `/.docker`; only when there is none of these, `.dockercfg` in the kubelet's
/// folder, the current folder, `$HOME` and `/`. In the current folder, and only there, a `config.json` of something else is passed over.
///
/// The files that podman and skopeo write are read besides, each that is there: `auth.json` in `$XDG_RUNTIME_DIR/containers` (else
/// `/run/containers/UID`) and in `$XDG_CONFIG_HOME/containers` (else `~/.config/containers`).
///
/// `REGISTRY_AUTH_FILE`, else `DOCKER_CONFIG`, or a place that the operator named, is searched alone, as podman and skopeo do it too.
public struct DockerConfigSearch: Sendable {
    /// Where to look.
    public struct Folders: Sendable {
        /// The kubelet's root folder.
        public var kubelet = "/var/lib/kubelet"
        /// The current folder.
        public var current = "."
        /// `$HOME`, or nil when that is not set.
        public var home: String?
        /// The root of the file system.
        public var root = ""
        /// The folders with podman's and skopeo's `auth.json`.
        public var containers: [String] = []

        /// The kubelet's own places, with that home.
        public init(home: String?) { self.home = home }

        /// The kubelet's own places, and those of the user's podman.
        ///
        /// - Parameter value: Gives the value of a variable, or nil when it is not set or empty.
        public init(_ value: (String) -> String?) {
            home = value("HOME")
            containers = [value("XDG_RUNTIME_DIR").map { "\($0)/containers" } ?? "/run/containers/\(getuid())"]
            if let folder = value("XDG_CONFIG_HOME") ?? home.map({ "\($0)/.config" }) { containers.append("\(folder)/containers") }
        }
    }

    /// One file that was looked at.
    public struct Attempt: Sendable {
        /// Its path.
        public let path: String
        /// What it was good for.
        public let outcome: Outcome
    }

    /// What became of a file.
    public enum Outcome: Sendable {
        /// It is the docker config, or one of podman's files, with this in it.
        case taken(DockerConfig)
        /// There is none.
        case missing
        /// It was passed over for this reason.
        case unusable(Failure)
        /// An earlier one was taken; it was not opened.
        case notTried
    }

    /// The docker config, or nil when there is none.
    public let config: DockerConfig?
    /// The files of podman and skopeo, which are read besides, in their order.
    public let containers: [DockerConfig]
    /// Every file of the search, in its order.
    public let attempts: [Attempt]

    /// Searches where docker and the kubelet do.
    ///
    /// - Parameters:
    ///   - dockerConfig: The value of `DOCKER_CONFIG`: a folder, as docker has it, or a file. Empty counts as not set.
    ///   - registryAuthFile: The value of `REGISTRY_AUTH_FILE`, podman's and skopeo's name for their file, which wins as it does there.
    public init(dockerConfig: String?, registryAuthFile: String? = nil, folders: Folders, log: LogSink) {
        if let registryAuthFile, !registryAuthFile.isEmpty {
            self.init(Self.candidates(at: registryAuthFile, format: .containers), log)
            return
        }
        if let dockerConfig, !dockerConfig.isEmpty {
            self.init(Self.candidates(at: dockerConfig), log)
            return
        }
        let config = [folders.kubelet, folders.current] + (folders.home.map { ["\($0)/.docker"] } ?? []) + ["\(folders.root)/.docker"]
        let legacy = [folders.kubelet, folders.current] + (folders.home.map { [$0] } ?? []) + [folders.root]
        self.init(
            config.map { ("\($0)/config.json", .config) } + legacy.map { ("\($0)/.dockercfg", .legacy) },
            containers: folders.containers.map { "\($0)/auth.json" }, foreignPath: "\(folders.current)/config.json", log)
    }

    /// Reads the file, or the one in the folder, that the operator named.
    ///
    /// - Throws: Why it cannot be used, a missing file included: it was asked for.
    public init(explicit path: String, log: LogSink) throws(Failure) {
        self.init(Self.candidates(at: path), wasNamed: true, log)
        guard config == nil else { return }
        for case .unusable(let failure) in attempts.map(\.outcome) { throw failure }
        throw Failure(
            .invalid, attempting: "reading docker credentials", on: path, reason: "there is no such file",
            advice: "name a config.json, or a folder with one")
    }

    private static func candidates(at path: String, format: DockerConfig.Format = .config) -> [(String, DockerConfig.Format)] {
        if (try? FileStatus(of: path))?.kind == .directory { return [("\(path)/config.json", format), ("\(path)/.dockercfg", .legacy)] }
        // auth.json is what podman and skopeo call theirs.
        return [(path, path.hasSuffix(".dockercfg") ? .legacy : path.hasSuffix("/auth.json") || path == "auth.json" ? .containers : format)]
    }

    /// - Parameters:
    ///   - wasNamed: The operator gave the place; the failure is then the caller's to tell.
    ///   - containers: Files of podman and skopeo, all of which count.
    ///   - foreignPath: Where a `config.json` is often that of something else, which must not hide the user's own.
    private init(
        _ candidates: [(path: String, format: DockerConfig.Format)], containers: [String] = [], wasNamed: Bool = false,
        foreignPath: String? = nil, _ log: LogSink
    ) {
        var found: DockerConfig?
        var attempts: [Attempt] = []
        for (path, format) in candidates {
            guard found == nil else {
                attempts.append(Attempt(path: path, outcome: .notTried))
                continue
            }
            let attempt = Self.attempt(path, format, foreignPath: foreignPath, isQuiet: wasNamed, log)
            if case .taken(let config) = attempt.outcome { found = config }
            attempts.append(attempt)
        }
        if found == nil {
            log(.info(2), "Docker config file not found: looked for \(candidates.map(\.path).joined(separator: ", "))")
        }
        var others: [DockerConfig] = []
        for path in containers {
            let attempt = Self.attempt(path, .containers, foreignPath: nil, isQuiet: false, log)
            if case .taken(let config) = attempt.outcome { others.append(config) }
            attempts.append(attempt)
        }
        for problem in ([found].compactMap { $0 } + others).flatMap(\.problems) {
            log(.warning, "Ignoring an entry of the docker config: \(problem)")
        }
        config = found
        self.containers = others
        self.attempts = attempts
    }

    private static func attempt(
        _ path: String, _ format: DockerConfig.Format, foreignPath: String?, isQuiet: Bool, _ log: LogSink
    ) -> Attempt {
        let name =
            switch format {
            case .config: "config.json"
            case .legacy: ".dockercfg"
            case .containers: "auth.json"
            }
        log(.info(4), "looking for \(name) at \(path)")
        do throws(Failure) {
            let config = try Self.read(path, format)
            if config.isForeign, path == foreignPath {
                throw Failure(
                    .invalid, attempting: "reading docker credentials", on: path, reason: "it is the configuration of something else")
            }
            log(.info(4), "found valid \(name) at \(path)")
            return Attempt(path: path, outcome: .taken(config))
        } catch  where error.code == .notFound {
            return Attempt(path: path, outcome: .missing)
        } catch {
            // A file that should have logged the user in and does not is what a 401 later comes from.
            log(isQuiet || path == foreignPath ? .info(4) : .warning, "Passing over \(path): \(error)")
            return Attempt(path: path, outcome: .unusable(error))
        }
    }

    private static func read(_ path: String, _ format: DockerConfig.Format) throws(Failure) -> DockerConfig {
        let bytes: Secret
        do {
            bytes = try SecretFile.read(path)
        } catch {
            throw SecretFile.failure(error, attempting: "reading docker credentials", on: path)
        }
        return try DockerConfig.parse(bytes, file: path, format: format)
    }
}
