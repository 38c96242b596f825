import Glibc

/// State behind a mutex that threads can also wait on, with deadlines on the monotonic clock.
///
/// It also guards what nobody waits for: how `Synchronization.Mutex` waits is hidden from the thread sanitizer, which then reports races
/// that are none. The closure must not call out to code that may take the same monitor again: the mutex is not recursive.
public final class Monitor<State>: @unchecked Sendable {
    // Every access to `state` happens between lock and unlock of `mutex`; the primitives are allocated once and never move.
    private var state: State
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// Guards `initial`.
    public init(_ initial: sending State) {
        state = initial
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` alone on the state, then wakes every waiter to look again.
    public func update<Result, Problem: Error>(_ body: (inout State) throws(Problem) -> Result) throws(Problem) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        return try body(&state)
    }

    /// Runs `body` alone on the state, then wakes one waiter: where all wait for the same, and one of them takes it.
    public func updateForOne<Result, Problem: Error>(_ body: (inout State) throws(Problem) -> Result) throws(Problem) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            // In this order the thread that is woken need not wait for the mutex, too.
            pthread_mutex_unlock(mutex)
            pthread_cond_signal(condition)
        }
        return try body(&state)
    }

    /// Runs `body` alone on the state without waking anybody: for state that nobody waits for.
    public func withLock<Result, Problem: Error>(_ body: (inout State) throws(Problem) -> Result) throws(Problem) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Runs `body` alone on the state without waking anybody: for reading.
    public func read<Result, Problem: Error>(_ body: (State) throws(Problem) -> Result) throws(Problem) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(state)
    }

    /// Waits until `attempt` gives something, trying it at once and after every `update`.
    ///
    /// - Parameters:
    ///   - deadline: On CLOCK_MONOTONIC, in nanoseconds; nil waits for ever.
    ///   - tellsOthers: Whether what `attempt` does lets others go on: they look again then.
    /// - Returns: What `attempt` gave, or nil when the deadline passed first.
    public func wait<Result>(until deadline: Int64?, tellsOthers: Bool = true, for attempt: (inout State) -> Result?) -> Result? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = attempt(&state) {
                if tellsOthers { pthread_cond_broadcast(condition) }
                return result
            }
            guard let deadline else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
            if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { return attempt(&state) }
        }
    }
}
