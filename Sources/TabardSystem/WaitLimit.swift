import Glibc

/// When waiting has to end: at a moment, or when nobody wants the result any more.
public struct WaitLimit: Sendable {
    /// On the monotonic clock of `clocks`, in nanoseconds; `Int64.max` is never.
    public var deadline: Int64
    /// The wish to stop, or nil when nobody can have it.
    public let cancellation: Cancellation?
    /// What the deadline is read on.
    public let clocks: any Clocks

    /// Makes a limit.
    public init(deadline: Int64, cancellation: Cancellation? = nil, clocks: any Clocks = SystemClocks()) {
        self.deadline = deadline
        self.cancellation = cancellation
        self.clocks = clocks
    }

    /// What a descriptor can become ready for.
    public enum Readiness: Sendable {
        /// There are bytes, or the other side has closed.
        case reading
        /// There is room, or a connection attempt has ended.
        case writing
    }

    /// The time that is left, in nanoseconds: never below 0, and `Int64.max` when there is no end.
    public var remaining: Int64 { deadline == .max ? .max : max(0, deadline - clocks.monotonicNanoseconds) }

    /// Throws when the end has come.
    public func check() throws(WaitError) {
        if let cancellation, cancellation.isCancelled { throw .cancelled }
        if remaining == 0 { throw .timedOut }
    }

    /// Waits until `descriptor` is ready. Looks at the limit before and after, whatever woke it.
    public func wait(for descriptor: Int32, _ readiness: Readiness) throws(WaitError) {
        var descriptors = [
            pollfd(fd: descriptor, events: Int16(readiness == .reading ? POLLIN : POLLOUT), revents: 0),
            pollfd(fd: cancellation?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            try check()
            let remaining = remaining
            let milliseconds = remaining == .max ? -1 : Int32(min((remaining + 999_999) / 1_000_000, 3_600_000))
            let count = poll(&descriptors, nfds_t(descriptors.count), milliseconds)
            if count < 0, errno != EINTR { throw .failed(SystemError("poll")) }
            try check()
            if count == 0, remaining < 3_600_000_000_000 { throw .timedOut }
            if count > 0, descriptors[0].revents != 0 { return }
        }
    }
}
