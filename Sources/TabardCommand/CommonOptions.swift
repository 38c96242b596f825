public import TabardCore

/// What every executable takes: where plugins and configuration are, and how much is said.
public struct CommonOptions: Sendable {
    /// Folders with plugins, in order; empty searches the usual places.
    public var pluginFolders: [String] = []
    /// The configuration file, or nil to search the usual places.
    public var configurationFile: String?
    /// Whether and where the agent of this machine is asked first.
    public var agent = AgentChoice.usual
    /// klog's `-v`.
    public var verbosity = 0
    /// How log lines look.
    public var logFormat = StandardErrorLog.Format.klog

    /// The defaults.
    public init() {}

    /// The options by name, for the argument reader.
    public static let known: [ArgumentReader.Option] = [
        .value("--plugin-dir"), .value("--config"), .value("--agent"), .flag("--no-agent"), .value("-v"), .value("--log-format"),
    ]

    /// The same for people.
    public static let help = """
          --plugin-dir DIR     look for plugins here (repeatable; otherwise TABARD_PLUGIN_PATH, then beside this program)
          --config FILE        settings (otherwise TABARD_CONFIG, then /etc/tabard/config.json)
          --agent SOCKET       ask the agent there first (otherwise agentSocket of the settings, then \(AgentChoice.usualPath))
          --no-agent           ask no agent
          -v N                 say more: 2 refreshes, 4 registrations, 6 HTTP without secrets
          --log-format FORMAT  klog (default) or json
        """

    /// Takes one option; false when it is not one of these.
    public mutating func take(_ name: String, _ value: String) throws(Failure) -> Bool {
        switch name {
        case "--plugin-dir": pluginFolders.append(value)
        case "--config": configurationFile = value
        case "--agent": agent = try AgentChoice(path: value)
        case "--no-agent": agent = .none
        case "-v": verbosity = try Self.verbosity(value)
        case "--log-format": logFormat = try Self.format(value)
        default: return false
        }
        return true
    }

    /// Reads a verbosity.
    public static func verbosity(_ text: String) throws(Failure) -> Int {
        guard let number = Int(text), (0...10).contains(number) else {
            throw ArgumentReader.wrong("-v takes a number from 0 to 10, not \(text)")
        }
        return number
    }

    /// Reads the name of a log format.
    public static func format(_ text: String) throws(Failure) -> StandardErrorLog.Format {
        guard let format = StandardErrorLog.Format(rawValue: text) else {
            throw ArgumentReader.wrong("--log-format is klog or json, not \(text)")
        }
        return format
    }
}
