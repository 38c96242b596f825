import ArgumentParser
import TabardCommand
import TabardCore

/// The options of `CommonOptions`, as ArgumentParser shows them.
typealias CommonArguments = HostArguments<SilentUnlessTold>
/// The same for a process that lives long, which says more unless it is told otherwise.
typealias AgentCommonArguments = HostArguments<TalkativeUnlessTold>

/// The options of every command that has providers.
struct HostArguments<Usual: UsualVerbosity>: ParsableArguments {
    @Option(
        name: .customLong("plugin-dir"),
        help: "Look for plugins here (repeatable; otherwise TABARD_PLUGIN_PATH, then beside this program).")
    var pluginFolders: [String] = []

    @Option(name: .customLong("config"), help: "Settings (otherwise TABARD_CONFIG, then /etc/tabard/config.json).")
    var configurationFile: String?

    @Option(
        name: [.customShort("v", allowingJoined: true), .customLong("v")],
        help: "How much is said: 2 refreshes, 4 registrations and why something was asked, 6 HTTP without secrets.",
        transform: { text in try CommonOptions.verbosity(String(text.first == "=" ? text.dropFirst() : text[...])) })
    var verbosity = Usual.verbosity

    @Option(help: "How log lines look: klog or json.", transform: { try CommonOptions.format($0) })
    var logFormat = StandardErrorLog.Format.klog

    /// The same as the other executables have it.
    var options: CommonOptions {
        var options = CommonOptions()
        options.pluginFolders = pluginFolders
        options.configurationFile = configurationFile
        options.verbosity = verbosity
        options.logFormat = logFormat
        return options
    }

    /// Reads a time limit.
    static func timeout(_ text: String) throws -> Duration {
        let duration = try GoDuration.parse(text)
        guard duration > .zero else { throw ValidationError("--timeout must be longer than nothing, not \(text).") }
        return duration
    }

    /// Where log lines go.
    var log: LogSink { StandardErrorLog.sink(verbosity: verbosity, format: logFormat) }
}
