import CTabardSystem
import Glibc
import Synchronization

/// A wish to stop that many threads can see: as a flag, and as a descriptor for poll(2).
public final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)
    /// Readable from the moment of cancellation on; for poll(2) only. -1 when the system had no descriptor left: then only the flag tells.
    public let descriptor: Int32

    /// Makes one that nobody has cancelled.
    public init() {
        descriptor = tabard_event_descriptor()
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Whether the work is no longer wanted.
    public var isCancelled: Bool { flag.load(ordering: .acquiring) }

    /// Ends the wish for the work. Calling it again changes nothing.
    public func cancel() {
        flag.store(true, ordering: .releasing)
        if descriptor >= 0 { tabard_event_signal(descriptor) }
    }
}
