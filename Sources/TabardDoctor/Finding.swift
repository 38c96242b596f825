/// One thing that was looked at on a node: how it is, why that matters, and what to do.
///
/// No text holds a secret, the value of an environment variable, or anything by which two nodes that are set up alike would differ.
public struct Finding: Sendable, Hashable {
    /// How bad it is.
    public enum Severity: String, Sendable, Hashable, CaseIterable {
        /// As it should be.
        case ok
        /// Worth knowing; nothing to do.
        case note
        /// Works now, and will surprise somebody.
        case warning
        /// Pulls fail because of it, or somebody else can use the node's credentials.
        case error
    }

    /// What it belongs to, in the order of the report.
    public enum Area: String, Sendable, Hashable, CaseIterable {
        /// Whose machine it is.
        case machine
        /// Whom the providers ask the clouds as.
        case identity
        /// The files of plugins and their manifests.
        case plugins
        /// `config.json`.
        case configuration
        /// The kubelet's flags and its CredentialProviderConfig.
        case kubelet
        /// The programs that `execProviders` names.
        case execPlugins = "exec-plugins"
        /// The agent's socket.
        case agent
        /// Docker configs and the helpers that they name.
        case docker
        /// Whether the time is right.
        case clock
        /// Which requests go through a proxy.
        case proxy
        /// Whom TLS trusts.
        case certificates
        /// What registries and providers answer; only when they are asked.
        case probes
    }

    /// What it belongs to.
    public let area: Area
    /// How bad it is.
    public let severity: Severity
    /// What it is about: a path, a provider, the name of a variable.
    public let subject: String
    /// How it is.
    public let what: String
    /// Why that matters; empty where `what` says it all.
    public let why: String
    /// What to do; empty where there is nothing to do.
    public let fix: String

    /// Makes a finding.
    public init(_ severity: Severity, _ area: Area, _ subject: String, _ what: String, why: String = "", fix: String = "") {
        self.area = area
        self.severity = severity
        self.subject = subject
        self.what = what
        self.why = why
        self.fix = fix
    }
}
