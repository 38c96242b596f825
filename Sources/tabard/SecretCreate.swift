import ArgumentParser
import TabardCommand
import TabardCore
import TabardKeyring
import TabardKubernetes
import TabardSystem

/// `tabard secret create NAME`: what `kubectl create secret docker-registry` makes, with the password from standard input.
struct SecretCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Prints a Secret with registry logins, for imagePullSecrets and for tabard pull --pull-secret.",
        discussion: """
            Examples:
              tabard secret create regcred --docker-server registry.example.com --docker-username ci --docker-password-stdin < password
              tabard secret create regcred --from-file=.dockerconfigjson=$HOME/.docker/config.json --namespace shop | kubectl apply -f -
            """)

    @Argument(help: "The name of the Secret.")
    var name: String

    @Option(help: "The registry, as images name it; default: Docker Hub.")
    var dockerServer: String?

    @Option(help: "The user.")
    var dockerUsername: String?

    @Flag(help: "Read the password from standard input.")
    var dockerPasswordStdin = false

    @Option(help: .hidden)
    var dockerPassword: String?

    @Option(help: "The user's address; registries no longer ask for it.")
    var dockerEmail: String?

    @Option(
        name: .customLong("from-file"),
        help: ArgumentHelp("Take a docker config with any number of logins instead, as it is.", valueName: ".dockerconfigjson=PATH"))
    var file: String?

    @Option(name: [.customShort("n"), .long], help: "The namespace; default: none is written.")
    var namespace: String?

    @Option(
        name: [.customShort("o"), .long], help: "yaml or json.",
        transform: { text in
            guard let format = PullSecretText.Format(rawValue: text) else { throw ValidationError("\(text) is neither yaml nor json.") }
            return format
        })
    var output = PullSecretText.Format.yaml

    func validate() throws {
        guard dockerPassword == nil else {
            throw ValidationError(
                "--docker-password shows the password to everybody who may list processes, and leaves it in the shell's history: "
                    + "use --docker-password-stdin.")
        }
        guard file == nil else {
            guard dockerServer == nil, dockerUsername == nil, dockerEmail == nil, !dockerPasswordStdin else {
                throw ValidationError("--from-file and the options --docker-… exclude each other: the file has the logins.")
            }
            return
        }
        guard let dockerUsername, !dockerUsername.isEmpty, dockerPasswordStdin else {
            throw ValidationError(
                "Give --docker-username and --docker-password-stdin, with the password on standard input, or --from-file=.dockerconfigjson=PATH."
            )
        }
    }

    func run() throws {
        StandardOutput.secret(try secret().write(output))
    }

    private func secret() throws(Failure) -> PullSecretText {
        guard let file else {
            return try PullSecretText(
                name: name, namespace: namespace, server: dockerServer ?? PullSecretText.standardServer, username: dockerUsername ?? "",
                password: PasswordInput.read(), email: dockerEmail)
        }
        let key = ".dockerconfigjson="
        let path = file.hasPrefix(key) ? String(file.dropFirst(key.count)) : file
        let config: Secret
        do {
            config = try SecretFile.read(path)
        } catch {
            throw Failure(
                .invalid, attempting: "reading the docker config", on: path, reason: error.meaning,
                advice: "write --from-file=.dockerconfigjson=PATH")
        }
        return try PullSecretText(name: name, namespace: namespace, config: config, file: path)
    }
}
