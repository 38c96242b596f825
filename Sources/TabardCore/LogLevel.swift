/// How loud a line is, as klog writes it: the letter for errors, warnings and information, and for information the verbosity it needs.
public enum LogLevel: Sendable, Hashable {
    /// Something failed that somebody should look at.
    case error
    /// Something is odd but the work goes on.
    case warning
    /// Said when the verbosity is at least this number (0 always, 2 refreshes, 4 registrations, 6 HTTP lines).
    case info(Int)

    /// klog's one-letter severity.
    public var letter: Character {
        switch self {
        case .error: "E"
        case .warning: "W"
        case .info: "I"
        }
    }

    /// Whether a line of this level is kept at that verbosity.
    public func isKept(atVerbosity verbosity: Int) -> Bool {
        switch self {
        case .error, .warning: true
        case .info(let needed): needed <= verbosity
        }
    }
}
