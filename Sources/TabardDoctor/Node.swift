public import TabardConfig
public import TabardHost

/// The node that is looked at, and where the looking starts.
public struct Node: Sendable {
    /// The folder that stands for `/`; empty for this machine.
    public var root = ""
    /// The variables of the shell on the node; nil for a node whose root is mounted, which has no shell here.
    public var environment: [String: String]?
    /// Where plugins are looked for.
    public var pluginFolders: PluginDirectories
    /// The configuration file that was named on the command line, or nil.
    public var configurationFile: String?
    /// Whose plugins are trusted.
    public var trust: PluginTrust
    /// Whether the kernel says that a time service keeps its clock; nil where it does not say.
    public var isClockSynchronised: Bool?

    /// A node whose plugins are in these folders.
    public init(pluginFolders: PluginDirectories, trust: PluginTrust = .ownersOnly) {
        self.pluginFolders = pluginFolders
        self.trust = trust
    }
}
