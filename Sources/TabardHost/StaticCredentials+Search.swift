public import TabardCore
public import TabardKeyring
import TabardSystem

extension StaticCredentials {
    /// Everything on this machine: the docker config with its helpers, podman's files, and the login in the environment, found as docker,
    /// podman and the kubelet do.
    ///
    /// What is wrong with them is logged, and stands in `warnings` and `traps`.
    ///
    /// - Parameters:
    ///   - dockerConfig: The file, or the folder of one, to take instead of the usual places; nil searches those.
    ///   - owner: Whose the docker config is.
    ///   - pullSecrets: The secrets that every image may use.
    /// - Throws: Why the named docker config cannot be used.
    public static func search(
        dockerConfig: String?, owner: EntryOwner = .node, pullSecrets: [PullSecret.Reading] = [], log: LogSink
    ) throws(Failure) -> StaticCredentials {
        let search =
            if let dockerConfig {
                try DockerConfigSearch(explicit: dockerConfig, log: log)
            } else {
                DockerConfigSearch(
                    dockerConfig: Environment.nonEmptyValue("DOCKER_CONFIG"),
                    registryAuthFile: Environment.nonEmptyValue("REGISTRY_AUTH_FILE"),
                    folders: DockerConfigSearch.Folders(Environment.nonEmptyValue), log: log)
            }
        let environment = DockerEnvironment(Environment.nonEmptyValue)
        if let line = environment.complaint?.description ?? environment.notice { log(.warning, line) }
        for problem in pullSecrets.flatMap(\.problems) { log(.warning, "Ignoring a pull secret: \(problem)") }
        let found = StaticCredentials(
            pullSecrets: pullSecrets, dockerConfig: search, dockerConfigOwner: owner, helperEnvironment: Environment.all,
            environment: environment)
        for line in found.traps.prefix(loggedTraps).compactMap(\.warning) { log(.warning, line) }
        if found.traps.count > loggedTraps {
            log(.warning, "\(found.traps.count - loggedTraps) more keys like these: tabard explain tells all")
        }
        return found
    }

    private static let loggedTraps = 10
}
