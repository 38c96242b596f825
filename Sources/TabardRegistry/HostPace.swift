import TabardCore
import TabardSystem

/// When a host may be asked again: one worker that is told to slow down slows all of them.
final class HostPace: Sendable {
    private let notBefore = Monitor<Int64>(0)
    private let clocks: any Clocks
    private let pause: @Sendable (_ until: Int64, Cancellation?) -> Void

    /// - Parameter pause: Waits until the monotonic time given, or the cancellation. Tests give one that moves their clock.
    init(clocks: any Clocks, pause: @escaping @Sendable (_ until: Int64, Cancellation?) -> Void = HostPace.poll) {
        self.clocks = clocks
        self.pause = pause
    }

    /// The same for another host, which is not slowed by this one.
    func forAnotherHost() -> HostPace { HostPace(clocks: clocks, pause: pause) }

    /// Nobody asks for that long.
    func hold(for duration: Duration) {
        let end = clocks.monotonicNanoseconds.addingSaturated(duration)
        notBefore.update { $0 = max($0, end) }
    }

    /// Returns when the host may be asked, the deadline has passed or the work is cancelled.
    func wait(until deadline: Int64, cancellation: Cancellation?) {
        let time = min(notBefore.read { $0 }, deadline)
        if time > clocks.monotonicNanoseconds { pause(time, cancellation) }
    }

    static let poll: @Sendable (Int64, Cancellation?) -> Void = { time, cancellation in
        // A poll that fails ends the pause early, which costs one request too soon and nothing else.
        _ = try? Poll.waitReadable([cancellation?.descriptor ?? -1], until: time)
    }
}
