import ArgumentParser

/// `tabard secret`: Kubernetes pull secrets, without a cluster.
struct SecretCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Makes Kubernetes pull secrets.", subcommands: [SecretCreate.self])
}
