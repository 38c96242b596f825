/// Where an entry came from, in words that an operator can act on.
public struct Origin: Sendable, Hashable, CustomStringConvertible {
    /// The kind of place.
    public enum Source: String, Sendable, Hashable {
        /// A Kubernetes Secret given with the request.
        case pullSecret = "pull-secret"
        /// A docker config file.
        case dockerConfig = "docker-config"
        /// A docker credential helper named by such a file.
        case credentialHelper = "credential-helper"
        /// A provider in a loaded plugin.
        case plugin = "plugin"
        /// A kubelet exec plugin.
        case execPlugin = "exec-plugin"
        /// Environment variables.
        case environment = "environment"
        /// The command line.
        case commandLine = "command-line"
    }

    /// The kind of place.
    public let source: Source
    /// Which one: a file and key, or a provider's id.
    public let detail: String

    /// Makes an origin.
    public init(_ source: Source, _ detail: String) {
        self.source = source
        self.detail = detail
    }

    /// Kind and place: `plugin aws-ecr-key`.
    public var description: String { "\(source.rawValue) \(detail)" }
}
