import ArgumentParser
import TabardCommand
import TabardCore
import TabardHost
import TabardKeyring
import TabardKubernetes
import TabardSystem

/// Where `pull` and `explain` take credentials from, beside the usual places.
struct CredentialArguments: ParsableArguments {
    @Option(
        name: [.customLong("docker-config"), .customLong("authfile")],
        help: "A docker config file, or the folder of one, instead of the usual places.")
    var dockerConfig: String?

    @Option(
        name: .customLong("pull-secret"), help: "A file with a Kubernetes pull secret, or a List of them, as YAML or JSON (repeatable).")
    var pullSecrets: [String] = []

    @Option(help: "A user of the registry; needs --password-stdin. Tried before anything else.")
    var username: String?

    @Flag(help: "Read the password of --username from standard input.")
    var passwordStdin = false

    func validate() throws {
        if (username != nil) != passwordStdin {
            throw ValidationError("--username and --password-stdin belong together: write both, and send the password on standard input.")
        }
    }

    /// The pull secrets given, the docker config with its helpers, and the login in the environment, found as docker and the kubelet do.
    ///
    /// - Parameter withPullSecrets: Whether every image may use the pull secrets given; those of Pods are found Pod by Pod.
    func statics(withPullSecrets: Bool = true, log: LogSink) throws(Failure) -> StaticCredentials {
        let secrets = try (withPullSecrets ? pullSecrets : []).map { path throws(Failure) in
            do throws(Failure) {
                return try PullSecret.load(path)
            } catch {
                throw error.aboutNamedFile
            }
        }
        return try StaticCredentials.search(
            dockerConfig: dockerConfig, owner: dockerConfig == nil ? .node : .caller, pullSecrets: secrets, log: log)
    }

    /// What the files of --pull-secret hold, for Pods.
    func pullSecretObjects() throws(Failure) -> [KubernetesObject] {
        var objects: [KubernetesObject] = []
        for path in pullSecrets {
            do throws(Failure) {
                objects += try KubernetesObject.load(path, attempting: "reading pull secrets")
            } catch {
                throw error.aboutNamedFile
            }
        }
        return objects
    }

    /// What comes with one image: the login of the command line, for exactly its registry, and the entries of its Pod's pull secrets.
    func given(for image: ImageReference, password: Secret?, pullSecrets: [AuthEntry] = []) -> StaticCredentials? {
        var login: AuthEntry?
        if let username, let password {
            login = AuthEntry(
                pattern: image.registry, username: username, password: password, origin: Origin(.commandLine, "--username"))
            login?.owner = .caller
        }
        return login == nil && pullSecrets.isEmpty ? nil : StaticCredentials(login: login, pullSecrets: pullSecrets)
    }

    /// Reads the password, once for all images, which have to be of one registry: a password is never tried elsewhere.
    ///
    /// - Parameter deadline: When standard input has to have ended, on CLOCK_MONOTONIC in nanoseconds.
    func readPassword(for images: [ImageReference], until deadline: Int64) throws(Failure) -> Secret? {
        guard passwordStdin else { return nil }
        let registries = Set(images.map(\.registry)).sorted()
        guard registries.count == 1 else {
            throw ArgumentReader.wrong(
                "--username is a user of one registry, and the images are of \(registries.joined(separator: " and "))",
                advice: "pull from one registry at a time")
        }
        return try PasswordInput.read(until: deadline)
    }
}
