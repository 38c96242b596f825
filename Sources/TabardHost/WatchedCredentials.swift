public import TabardCore
import TabardKeyring
import TabardSystem

/// The credentials that lie on this machine, read again when one of their files has changed: for hosts that live longer than a login.
///
/// Thread-safe. Asking costs a stat(2) for each place of the search.
public final class WatchedCredentials: Sendable {
    private struct State: Sendable {
        var credentials: StaticCredentials
        var files: FileWatch
    }

    private let load: @Sendable (LogSink) throws(Failure) -> StaticCredentials
    private let log: LogSink
    private let state: Monitor<State>

    /// Reads them for the first time.
    ///
    /// - Parameter load: Searches and reads, and says in the log what is wrong. What it throws now is thrown here; later it is logged, and
    ///   what was read before stays.
    public init(log: LogSink, load: @escaping @Sendable (LogSink) throws(Failure) -> StaticCredentials) throws(Failure) {
        self.load = load
        self.log = log
        let files = FileWatch(Self.places(of: try load(.silent)))
        // Read after they were looked at: what changes from here on is seen.
        state = Monitor(State(credentials: try load(log), files: files))
    }

    /// What there is now.
    public var current: StaticCredentials {
        state.withLock { state in
            guard !state.files.changes().isEmpty else { return state.credentials }
            do throws(Failure) {
                var read = try load(log)
                let before = state.files
                state.files.add(Self.places(of: read))
                // Places that are new were read before they were looked at.
                if state.files != before { read = try load(.silent) }
                log(.info(2), "Credentials on this machine have changed and were read again")
                state.credentials = read
            } catch {
                log(.warning, "Credentials on this machine have changed and cannot be read; those of before stay: \(error)")
            }
            return state.credentials
        }
    }

    private static func places(of credentials: StaticCredentials) -> [String] { credentials.attempts.map(\.path) }
}
