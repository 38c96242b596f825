import TabardCore
import TabardSystem

/// When hosts may be asked again: one worker that is told to slow down slows all that ask the same host, for whatever image, and nobody else.
final class HostPace: Sendable {
    /// By origin.
    private let notBefore = Monitor<[String: Int64]>([:])
    private let clocks: any Clocks
    private let pause: @Sendable (_ until: Int64, Cancellation?) -> Void

    /// - Parameter pause: Waits until the monotonic time given, or the cancellation. Tests give one that moves their clock.
    init(clocks: any Clocks, pause: @escaping @Sendable (_ until: Int64, Cancellation?) -> Void = HostPace.poll) {
        self.clocks = clocks
        self.pause = pause
    }

    /// Nobody asks this origin for that long.
    func hold(_ origin: String, for duration: Duration) {
        let end = clocks.monotonicNanoseconds.addingSaturated(duration)
        notBefore.withLock { $0[origin] = max($0[origin] ?? 0, end) }
    }

    /// Returns when the host may be asked, the deadline has passed or the work is cancelled.
    func wait(for origin: String, until deadline: Int64, cancellation: Cancellation?) {
        let time = min(notBefore.read { $0[origin] ?? 0 }, deadline)
        if time > clocks.monotonicNanoseconds { pause(time, cancellation) }
    }

    static let poll: @Sendable (Int64, Cancellation?) -> Void = { time, cancellation in
        // A poll that fails ends the pause early, which costs one request too soon and nothing else.
        _ = try? Poll.waitReadable([cancellation?.descriptor ?? -1], until: time)
    }
}
