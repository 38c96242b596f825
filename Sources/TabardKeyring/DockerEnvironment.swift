public import TabardCore
import TabardSystem

/// The classic variables of the Kubernetes documentation: `DOCKER_USER` and `DOCKER_PASSWORD` (or `DOCKER_PASSWORD_FILE`) log in to the
/// one registry that `DOCKER_REGISTRY_SERVER` names.
public struct DockerEnvironment: Sendable {
    /// The name of this source in logs and origins.
    public static let name = "docker-env"

    /// The login, or nil when the variables give none.
    public let entry: AuthEntry?
    /// Why variables that are set are not used: one line for the log. nil when there is nothing to say.
    public let complaint: Failure?

    /// What somebody may not expect of a login that is used, or nil.
    public let notice: String?

    /// Reads the variables.
    ///
    /// - Parameter value: Gives the value of a variable; nil and empty are the same.
    public init(_ value: (String) -> String?) {
        let isFileIgnored = value("DOCKER_PASSWORD")?.isEmpty == false && value("DOCKER_PASSWORD_FILE")?.isEmpty == false
        notice = isFileIgnored ? "DOCKER_PASSWORD and DOCKER_PASSWORD_FILE are both set: the file is not read" : nil
        do throws(Failure) {
            entry = try Self.read { name in value(name).flatMap { $0.isEmpty ? nil : $0 } }
            complaint = nil
        } catch {
            entry = nil
            complaint = error
        }
    }

    private static func read(_ value: (String) -> String?) throws(Failure) -> AuthEntry? {
        func ignored(_ reason: String, _ advice: String) -> Failure {
            Failure(
                .invalid, attempting: "reading the login in the environment", reason: "\(reason): ignored", advice: advice, source: name)
        }
        let user = value("DOCKER_USER")
        let server = value("DOCKER_REGISTRY_SERVER")
        let file = value("DOCKER_PASSWORD_FILE")
        let password = value("DOCKER_PASSWORD")
        guard user != nil || password != nil || file != nil else {
            guard server != nil else { return nil }
            throw ignored("DOCKER_REGISTRY_SERVER is set without DOCKER_USER", "set DOCKER_USER and DOCKER_PASSWORD too")
        }
        guard let server else {
            throw ignored(
                "DOCKER_USER or DOCKER_PASSWORD is set without DOCKER_REGISTRY_SERVER",
                "name the one registry that the login is for in DOCKER_REGISTRY_SERVER")
        }
        guard let user else { throw ignored("DOCKER_USER is not set", "set it to the user of \(server)") }
        guard password != nil || file != nil else {
            throw ignored("neither DOCKER_PASSWORD nor DOCKER_PASSWORD_FILE is set", "set one of the two")
        }
        let pattern: ImagePattern
        do {
            pattern = try ImagePattern(ImagePattern.normalisedKey(of: server))
        } catch {
            throw ignored("DOCKER_REGISTRY_SERVER names no registry: \(error.reason)", error.advice)
        }
        guard !pattern.text.utf8.contains(UInt8(ascii: "*")) else {
            throw ignored("DOCKER_REGISTRY_SERVER is a pattern", "name exactly one registry")
        }
        var secret = Secret(password ?? "")
        if password == nil, let file {
            do {
                secret = try SecretFile.readPassword(file)
            } catch {
                throw SecretFile.failure(
                    error, attempting: "reading DOCKER_PASSWORD_FILE", on: file, advice: "the login in the environment is ignored")
            }
        }
        return AuthEntry(pattern: pattern.text, username: user, password: secret, origin: Origin(.environment, name))
    }
}
