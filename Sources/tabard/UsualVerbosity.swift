/// How much is said where nobody says how much.
protocol UsualVerbosity {
    /// The number of `-v`.
    static var verbosity: Int { get }
}

/// What runs for one answer.
enum SilentUnlessTold: UsualVerbosity { static let verbosity = 0 }
/// What runs as a service.
enum TalkativeUnlessTold: UsualVerbosity { static let verbosity = 4 }
