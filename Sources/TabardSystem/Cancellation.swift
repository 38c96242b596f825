import CTabardSystem
import Glibc
import Synchronization

/// A wish to stop that many threads can see: as a flag, and as a descriptor for poll(2).
public final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)
    /// Readable from the moment of cancellation on; for poll(2) only. -1 when the system had no descriptor left: then only the flag tells.
    public let descriptor: Int32

    private let isForeign: Bool

    /// Makes one that nobody has cancelled.
    public init() {
        descriptor = tabard_event_descriptor()
        isForeign = false
    }

    /// Follows a descriptor of somebody else's: readable means cancelled.
    ///
    /// - Parameter descriptor: Only polled; the caller keeps it open for as long as anybody holds this.
    public init(watching descriptor: Int32) {
        self.descriptor = descriptor
        isForeign = true
    }

    deinit { if descriptor >= 0, !isForeign { close(descriptor) } }

    /// Whether the work is no longer wanted.
    public var isCancelled: Bool {
        if flag.load(ordering: .acquiring) { return true }
        guard isForeign else { return false }
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&watched, 1, 0) > 0
    }

    /// Ends the wish for the work. Calling it again changes nothing.
    public func cancel() {
        flag.store(true, ordering: .releasing)
        if descriptor >= 0, !isForeign { tabard_event_signal(descriptor) }
    }
}
