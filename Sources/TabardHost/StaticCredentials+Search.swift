public import TabardCore
import TabardKeyring
import TabardSystem

extension StaticCredentials {
    /// Everything on this machine: the docker config with its helpers, and the login in the environment, found as docker and the kubelet do.
    ///
    /// What is wrong with them is in `warnings` and `traps`.
    ///
    /// - Parameter dockerConfig: The file, or the folder of one, to take instead of the usual places; nil searches those.
    /// - Throws: Why the named docker config cannot be used.
    public static func search(dockerConfig: String?, log: LogSink) throws(Failure) -> StaticCredentials {
        let search =
            if let dockerConfig {
                try DockerConfigSearch(explicit: dockerConfig, log: log)
            } else {
                DockerConfigSearch(
                    dockerConfig: Environment.nonEmptyValue("DOCKER_CONFIG"),
                    registryAuthFile: Environment.nonEmptyValue("REGISTRY_AUTH_FILE"),
                    folders: DockerConfigSearch.Folders(home: Environment.nonEmptyValue("HOME")), log: log)
            }
        return StaticCredentials(
            dockerConfig: search, helperEnvironment: Environment.all, environment: DockerEnvironment(Environment.nonEmptyValue))
    }
}
