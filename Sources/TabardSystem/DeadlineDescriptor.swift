import CTabardSystem
import Glibc

/// A descriptor for poll(2) that is readable once a piece of work is cancelled or its time is over, whichever is first.
public struct DeadlineDescriptor: ~Copyable, Sendable {
    /// For poll(2) only; -1 when the system had no descriptors left.
    public let number: Int32
    private let timer: Int32

    /// Watches `cancellation`, which must outlive this value, and the time.
    ///
    /// - Parameter nanoseconds: From now; `Int64.max` for no end.
    public init(watching cancellation: Cancellation, for nanoseconds: Int64) {
        var timer: Int32 = -1
        number = tabard_deadline_descriptor(cancellation.descriptor, nanoseconds, &timer)
        self.timer = timer
    }

    deinit {
        if number >= 0 { close(number) }
        if timer >= 0 { close(timer) }
    }
}
