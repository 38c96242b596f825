public import TabardCore
import TabardKeyring
import TabardSystem

/// The credentials that lie on this machine, read again when one of their files has changed: for hosts that live longer than a login.
///
/// Thread-safe. Asking costs a stat(2) for each place of the search.
public final class WatchedCredentials: Sendable {
    /// What tells one content of a file from another without reading it; nil for a file that is not there.
    private struct Stamp: Sendable, Equatable {
        let device: UInt64
        let inode: UInt64
        let size: Int64
        let modified: Int64

        init?(_ path: String) {
            guard let status = try? FileStatus(of: path) else { return nil }
            device = status.device
            inode = status.inode
            size = status.size
            modified = status.modifiedUnixNanoseconds
        }
    }

    private struct State: Sendable {
        var credentials: StaticCredentials
        var stamps: [Stamp?]
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
        let stamps = Self.stamps(of: try load(.silent))
        // Read after the stamps were taken: what changes from here on is seen.
        state = Monitor(State(credentials: try load(log), stamps: stamps))
    }

    /// What there is now.
    public var current: StaticCredentials {
        state.withLock { state in
            let stamps = Self.stamps(of: state.credentials)
            guard stamps != state.stamps else { return state.credentials }
            state.stamps = stamps
            do throws(Failure) {
                let read = try load(log)
                log(.info(2), "Credentials on this machine have changed and were read again")
                state.credentials = read
            } catch {
                log(.warning, "Credentials on this machine have changed and cannot be read; those of before stay: \(error)")
            }
            return state.credentials
        }
    }

    private static func stamps(of credentials: StaticCredentials) -> [Stamp?] { credentials.attempts.map { Stamp($0.path) } }
}
