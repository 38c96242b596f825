/// One thing that a plugin must do right. The raw value is its name, in reports and on the command line.
public enum Check: String, Sendable, CaseIterable {
    case exports, description, manifest, entry
    case quietLoad = "quiet-load"
    case extensions, settings, matches, results, failures, deadline, cancellation, concurrency, lifetimes
    case noExtensions = "no-extensions"
    case olderHost = "older-host"
    case newerHost = "newer-host"
    case standardStreams = "standard-streams"
    case surroundings, secrets, memory

    /// What a plugin that passes does, as one clause.
    public var meaning: String {
        switch self {
        case .exports: "exports tabard_plugin_entry_v1 and nothing else"
        case .description: "describes its providers, patterns and settings as tabard.h wants"
        case .manifest: "says the same as the manifest beside it"
        case .entry: "gives the same table each time, and quickly"
        case .quietLoad: "starts no thread, opens no file or connection and changes nothing of the process while it is loaded"
        case .extensions: "answers NULL to extension ids that it cannot know"
        case .settings: "takes its settings or says what is wrong with them, and frees what it made"
        case .matches: "judges an image quickly, and each time alike"
        case .results: "emits only what a host takes"
        case .failures: "turns a cloud's bad answers into failures with a reason of one line"
        case .deadline: "returns by the deadline"
        case .cancellation: "returns soon after the call was cancelled, and says so"
        case .concurrency: "gives each of many threads its own answer"
        case .lifetimes: "uses nothing that it was lent once the call has returned"
        case .noExtensions: "fails in an orderly way in a host that offers no extension"
        case .olderHost: "reads no field beyond the structs of a host of ABI 1.0"
        case .newerHost: "ignores fields, flags and numbers that a newer host may use"
        case .standardStreams: "writes nothing to standard output and reads nothing from standard input"
        case .surroundings: "leaves environment, folder, signals, files, threads and children as they were"
        case .secrets: "puts no secret into a log line or an error"
        case .memory: "needs no more memory after 10,000 calls than before"
        }
    }

    /// How long a check may take until the plugin counts as stuck, in nanoseconds.
    var limit: Int64 { self == .memory ? 180_000_000_000 : 30_000_000_000 }

    /// Whether it means something only for plugins that hosts can read.
    var needsDescription: Bool { self != .exports && self != .description }
}
