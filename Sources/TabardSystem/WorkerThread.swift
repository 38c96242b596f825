import Glibc

/// A thread of our own, for work that blocks; never one of the pool that Swift's tasks share.
public struct WorkerThread: Sendable {
    private let handle: pthread_t

    /// Starts a thread that runs `body` and ends.
    ///
    /// - Parameters:
    ///   - stackSize: In bytes; nil takes the system's default.
    ///   - detached: Nobody will `join`: the system forgets the thread when it ends.
    @discardableResult
    public init(stackSize: Int? = nil, detached: Bool = false, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        if let stackSize { pthread_attr_setstacksize(&attributes, stackSize) }
        if detached { pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED)) }
        let job = Unmanaged.passRetained(Job(body))
        var thread = pthread_t()
        let number = pthread_create(
            &thread, &attributes,
            { argument in
                // The one retain of `passRetained` below travels through the argument, which pthread hands over unchanged.
                if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, job.toOpaque())
        guard number == 0 else {
            job.release()
            throw SystemError("pthread_create", number: number)
        }
        handle = thread
    }

    /// Waits for the end of the thread. Once, and not for a detached one; on the thread itself it becomes a detached one.
    public func join() {
        // What a thread holds may be released by it last, and its deinit joins.
        if pthread_equal(pthread_self(), handle) != 0 { pthread_detach(handle) } else { pthread_join(handle, nil) }
    }

    private final class Job: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
