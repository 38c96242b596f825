import Synchronization
public import TabardCore

/// A host made of a closure and a clock that moves only when somebody sleeps: for testing providers without C, network or time.
public final class FakePluginHost: PluginServices {
    private struct State {
        var monotonic: Int64 = 3_600_000_000_000
        var unix: Int64
        var isCancelled = false
        var requests: [PluginHTTPRequest] = []
        var lines: [(level: LogLevel, text: String)] = []
        var sleeps: [Duration] = []
    }
    private let state: Mutex<State>
    private let deadline: Int64
    private let exchangesTake: Duration
    private let isOneShot: Bool
    private let answer: @Sendable (PluginHTTPRequest) throws(Failure) -> PluginHTTPResponse

    /// Makes a host.
    ///
    /// - Parameters:
    ///   - unixTime: Where the wall clock starts.
    ///   - timeLimit: How long a call may take on the fake clock.
    ///   - exchangesTake: How long each exchange takes on the fake clock.
    ///   - answer: Answers each exchange, on the caller's thread.
    public init(
        unixTime: UTCTime = UTCTime(unixNanoseconds: 1_800_000_000_000_000_000), timeLimit: Duration = .seconds(45),
        exchangesTake: Duration = .zero, isOneShot: Bool = true,
        answer: @escaping @Sendable (PluginHTTPRequest) throws(Failure) -> PluginHTTPResponse
    ) {
        let start = State(unix: unixTime.unixNanoseconds)
        deadline = start.monotonic.addingSaturated(timeLimit)
        state = Mutex(start)
        self.exchangesTake = exchangesTake
        self.isOneShot = isOneShot
        self.answer = answer
    }

    /// A call of this host. All calls of one host share its deadline.
    public var call: PluginCall { PluginCall(deadline: deadline, isOneShot: isOneShot, services: self) }
    /// Every exchange asked for so far.
    public var requests: [PluginHTTPRequest] { state.withLock { $0.requests } }
    /// Every line said so far.
    public var lines: [(level: LogLevel, text: String)] { state.withLock { $0.lines } }
    /// How long the provider waited each time.
    public var sleeps: [Duration] { state.withLock { $0.sleeps } }

    /// Time passes, as when an exchange takes long.
    public func advance(by duration: Duration) {
        let amount = duration.wholeNanoseconds
        state.withLock {
            $0.monotonic += amount
            $0.unix += amount
        }
    }

    /// The caller gives up.
    public func cancel() { state.withLock { $0.isCancelled = true } }

    /// The fake clock.
    public var monotonicNanoseconds: Int64 { state.withLock { $0.monotonic } }
    /// The fake wall clock.
    public var unixTime: UTCTime { UTCTime(unixNanoseconds: state.withLock { $0.unix }) }
    /// Whether `cancel` was called or the fake clock passed the deadline.
    public var isCancelled: Bool { state.withLock { $0.isCancelled || $0.monotonic >= deadline } }
    /// Every line is kept.
    public func keeps(_ level: LogLevel) -> Bool { true }
    /// Keeps the line.
    public func log(_ level: LogLevel, _ text: String) { state.withLock { $0.lines.append((level, text)) } }

    /// Moves the fake clocks to `moment` at once.
    public func sleep(until moment: Int64) throws(Failure) {
        let problem: Failure.Code? = state.withLock {
            if $0.isCancelled { return .cancelled }
            if moment > deadline { return .timedOut }
            let step = max(0, moment - $0.monotonic)
            $0.sleeps.append(.nanoseconds(step))
            $0.monotonic += step
            $0.unix += step
            return nil
        }
        if let problem { throw Failure(problem, attempting: "waiting", reason: "the call ended first") }
    }

    /// Keeps the request, lets time pass, and lets the closure answer.
    public func http(_ request: PluginHTTPRequest) throws(Failure) -> PluginHTTPResponse {
        state.withLock { $0.requests.append(request) }
        advance(by: exchangesTake)
        return try answer(request)
    }
}
