public import TabardCore
import TabardSystem

/// The search for the one docker config that counts, and an account of it.
///
/// As for the kubelet, the first file that can be read and understood is the answer, and nothing is merged: `config.json` in the
/// kubelet's folder, the current folder, `$HOME/.docker` and `/.docker`; only when there is none of these, `.dockercfg` in the kubelet's
/// folder, the current folder, `$HOME` and `/`. In the current folder, and only there, a `config.json` of something else is passed over.
///
/// `DOCKER_CONFIG`, `REGISTRY_AUTH_FILE`, or a place that the operator named, is searched alone.
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

        /// The kubelet's own places, with that home.
        public init(home: String?) { self.home = home }
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
        /// It is the docker config, with this in it.
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
    /// Every file of the search, in its order.
    public let attempts: [Attempt]

    /// Searches where docker and the kubelet do.
    ///
    /// - Parameters:
    ///   - dockerConfig: The value of `DOCKER_CONFIG`: a folder, as docker has it, or a file. Empty counts as not set.
    ///   - registryAuthFile: The value of `REGISTRY_AUTH_FILE`, podman's and skopeo's name for their file; looked at when the other is not set.
    public init(dockerConfig: String?, registryAuthFile: String? = nil, folders: Folders, log: LogSink) {
        if let path = [dockerConfig, registryAuthFile].compactMap({ $0 }).first(where: { !$0.isEmpty }) {
            self.init(Self.candidates(at: path), log)
            return
        }
        let config = [folders.kubelet, folders.current] + (folders.home.map { ["\($0)/.docker"] } ?? []) + ["\(folders.root)/.docker"]
        let legacy = [folders.kubelet, folders.current] + (folders.home.map { [$0] } ?? []) + [folders.root]
        self.init(
            config.map { ("\($0)/config.json", .config) } + legacy.map { ("\($0)/.dockercfg", .legacy) },
            foreignPath: "\(folders.current)/config.json", log)
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

    private static func candidates(at path: String) -> [(String, DockerConfig.Format)] {
        if (try? FileStatus(of: path))?.kind == .directory { return [("\(path)/config.json", .config), ("\(path)/.dockercfg", .legacy)] }
        return [(path, path.hasSuffix(".dockercfg") ? .legacy : .config)]
    }

    /// - Parameters:
    ///   - wasNamed: The operator gave the place; the failure is then the caller's to tell.
    ///   - foreignPath: Where a `config.json` is often that of something else, which must not hide the user's own.
    private init(
        _ candidates: [(path: String, format: DockerConfig.Format)], wasNamed: Bool = false, foreignPath: String? = nil, _ log: LogSink
    ) {
        var found: DockerConfig?
        var attempts: [Attempt] = []
        for (path, format) in candidates {
            guard found == nil else {
                attempts.append(Attempt(path: path, outcome: .notTried))
                continue
            }
            let name = format == .config ? "config.json" : ".dockercfg"
            log(.info(4), "looking for \(name) at \(path)")
            do throws(Failure) {
                let config = try Self.read(path, format)
                if config.isForeign, path == foreignPath {
                    throw Failure(
                        .invalid, attempting: "reading docker credentials", on: path, reason: "it is the configuration of something else")
                }
                found = config
                attempts.append(Attempt(path: path, outcome: .taken(config)))
                log(.info(4), "found valid \(name) at \(path)")
            } catch  where error.code == .notFound {
                attempts.append(Attempt(path: path, outcome: .missing))
            } catch {
                attempts.append(Attempt(path: path, outcome: .unusable(error)))
                // A file that should have logged the user in and does not is what a 401 later comes from.
                log(wasNamed || path == foreignPath ? .info(4) : .warning, "Passing over \(path): \(error)")
            }
        }
        if found == nil {
            log(.info(2), "Docker config file not found: looked for \(candidates.map(\.path).joined(separator: ", "))")
        }
        for problem in found?.problems ?? [] { log(.warning, "Ignoring an entry of the docker config: \(problem)") }
        config = found
        self.attempts = attempts
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
