import ArgumentParser
import TabardCommand
import TabardCore
import TabardHost
import TabardKeyring
import TabardSystem

/// Where `pull` and `explain` take credentials from, beside the usual places.
struct CredentialArguments: ParsableArguments {
    @Option(
        name: [.customLong("docker-config"), .customLong("authfile")],
        help: "A docker config file, or the folder of one, instead of the usual places.")
    var dockerConfig: String?

    @Option(name: .customLong("pull-secret"), help: "A file with a Kubernetes pull secret, or a List of them, as JSON (repeatable).")
    var pullSecrets: [String] = []

    @Option(help: "A user of the registry; needs --password-stdin. Tried before anything else.")
    var username: String?

    @Flag(help: "Read the password of --username from standard input.")
    var passwordStdin = false

    private static let maximumPassword = 64 * 1024

    func validate() throws {
        if (username != nil) != passwordStdin {
            throw ValidationError("--username and --password-stdin belong together: write both, and send the password on standard input.")
        }
    }

    /// The pull secrets given, the docker config with its helpers, and the login in the environment, found as docker and the kubelet do.
    func statics(log: LogSink) throws(Failure) -> StaticCredentials {
        let search =
            if let dockerConfig {
                try DockerConfigSearch(explicit: dockerConfig, log: log)
            } else {
                DockerConfigSearch(
                    dockerConfig: Environment.nonEmptyValue("DOCKER_CONFIG"),
                    registryAuthFile: Environment.nonEmptyValue("REGISTRY_AUTH_FILE"),
                    folders: DockerConfigSearch.Folders(home: Environment.nonEmptyValue("HOME")), log: log)
            }
        let environment = DockerEnvironment(Environment.nonEmptyValue)
        if let line = environment.complaint?.description ?? environment.notice { log(.warning, line) }
        let secrets = try pullSecrets.map { path throws(Failure) in
            do throws(Failure) {
                return try PullSecret.load(path)
            } catch {
                var error = error
                // It was named: the command line is wrong, not this machine.
                if error.code == .notFound { error.code = .invalid }
                throw error
            }
        }
        for problem in secrets.flatMap(\.problems) { log(.warning, "Ignoring a pull secret: \(problem)") }
        let statics = StaticCredentials(
            pullSecrets: secrets, dockerConfig: search, helperEnvironment: Environment.all, environment: environment)
        for trap in statics.traps.prefix(Self.loggedTraps) { log(.warning, "\(trap)") }
        if statics.traps.count > Self.loggedTraps {
            log(.warning, "\(statics.traps.count - Self.loggedTraps) more keys like these: tabard explain tells all")
        }
        return statics
    }

    private static let loggedTraps = 10

    /// The login of the command line, for exactly the registry of `image`, or nil.
    func given(for image: ImageReference, password: Secret?) -> StaticCredentials? {
        guard let username, let password else { return nil }
        return StaticCredentials(
            login: AuthEntry(
                pattern: image.registry, username: username, password: password, origin: Origin(.commandLine, "--username")))
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
        let text = try StandardInput.read(limit: Self.maximumPassword, until: deadline, as: "the password")
        guard text.count <= Self.maximumPassword else {
            throw ArgumentReader.wrong("the password on standard input has more than \(Self.maximumPassword) bytes")
        }
        // One line break at the end belongs to the terminal or to echo, not to the password.
        let password = text.withBytes { bytes in
            var count = bytes.count
            if count > 0, bytes[count - 1] == UInt8(ascii: "\n") { count -= 1 }
            if count > 0, bytes[count - 1] == UInt8(ascii: "\r") { count -= 1 }
            return Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        }
        guard !password.isEmpty else {
            throw ArgumentReader.wrong("the password on standard input is empty", advice: "send it with `--password-stdin < FILE`")
        }
        return password
    }
}
