public import TabardSystem

/// One thread that asks again ahead of the end of replies that are in use, so that no caller waits for that.
///
/// There is no timer for each reply: the thread sleeps until the next one is due, until that comes earlier, or for half a minute, since a machine
/// that was suspended has a later time than its sleep counted. It ends with its cache.
public final class RefreshScheduler: Sendable {
    private static let longestSleep: Int64 = 30_000_000_000
    private let thread: WorkerThread

    /// Starts the thread.
    public init(cache: CredentialCache) throws(SystemError) {
        thread = try WorkerThread { Self.run(cache) }
    }

    /// Waits for the end of the thread, which comes when the cache is closed. Once.
    public func join() { thread.join() }

    private static func run(_ cache: CredentialCache) {
        while true {
            let seen = cache.changes.read { $0.count }
            let sleep = cache.refreshDue(atMost: longestSleep)
            let isOver = cache.changes.wait(until: SystemClocks().monotonicNanoseconds + sleep) { changes in
                changes.isClosed ? true : changes.count != seen ? false : nil
            }
            if isOver == true { return }
        }
    }
}
