public import TabardCore
public import TabardSystem

/// Keeps the replies of providers as long as they hold, and asks each provider once at a time however many callers want to know.
///
/// A fetch runs on a thread of its own, not on its caller's: a caller that is cancelled or out of time leaves, the fetch goes on, and its
/// answer serves whoever waits or comes later. The deadline of the fetch is that of the caller who caused it; a caller with more time asks
/// again when that one passes. Only when every caller has cancelled is the fetch cancelled too.
///
/// How widely a reply may be used is known only once it is there. Until a provider has answered, callers for one registry wait for the
/// first of them; whom its answer does not serve asks for itself, beside the others and not after them.
///
/// May be used from any thread; callers block. What it decides stands in `SlotTable`, as steps without threads.
public final class CredentialCache: Sendable {
    /// Asks the provider. Runs on a thread that belongs to this call alone.
    public typealias Fetch = @Sendable (FetchCall) throws(Failure) -> ProviderReply

    struct State {
        var table: SlotTable
        /// Those that somebody waits for or that are on their way.
        var flights: [UInt64: Flight] = [:]
        /// Fetches on their way, those that lost their slot included.
        var flightCount = 0
        var isClosed = false
        /// When the scheduler will look next, on CLOCK_BOOTTIME; never, without one.
        var nextLook = Int64.min

        mutating func flight(_ id: UInt64) -> Flight? {
            if let flight = flights[id] { return flight }
            guard let plan = table.flights[id]?.plan else { return nil }
            let flight = Flight(plan)
            flights[id] = flight
            return flight
        }
    }

    let state: Monitor<State>
    /// How often the next refresh may have come closer, for whoever waits for it; apart from `state`, which every question changes.
    let changes = Monitor<(count: UInt64, isClosed: Bool)>((0, false))
    let clocks: any Clocks
    let log: LogSink
    let limits: CacheLimits
    /// What makes the marks of identities in a snapshot this cache's own.
    let salt = withUnsafeBytes(of: (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))) { Array($0) }

    /// Makes an empty cache.
    public convenience init(clocks: any Clocks, log: LogSink, limits: CacheLimits = .standard) {
        self.init(clocks: clocks, log: log, limits: limits, jitter: .system)
    }

    /// Makes an empty cache whose random delays are what a test wants.
    package init(clocks: any Clocks, log: LogSink, limits: CacheLimits, jitter: RefreshJitter) {
        self.clocks = clocks
        self.log = log
        self.limits = limits
        state = Monitor(State(table: SlotTable(limits: limits, jitter: jitter)))
    }

    /// Returns what the provider answers to this question, from memory as long as that holds.
    ///
    /// Ahead of its end a reply is still served at once while a new one is fetched; when it would not live for `CacheLimits.handoutReserve`
    /// any more, callers wait a moment for the new one. A refresh that fails leaves the old reply in service until its own end. A failure
    /// with nothing left to serve is answered from memory for a moment before the provider is asked again.
    /// - Parameters:
    ///   - deadline: When to stop waiting, on CLOCK_MONOTONIC in nanoseconds; `Int64.max` for never.
    ///   - cancellation: When to stop waiting, too.
    ///   - fetch: Asks the provider; called at most once at a time, possibly after this has returned, and never while the cache is locked.
    /// - Returns: The reply with `scope` set to where it holds and `duration` to how long it may be handed on from here (zero: good for this
    ///   use only); less than what is left of its lifetime by the reserve.
    /// - Throws: The provider's failure; `.timedOut` or `.cancelled` when this caller stopped waiting.
    public func reply(
        for key: CacheKey, until deadline: Int64, cancellation: Cancellation? = nil, fetch: @escaping Fetch
    ) throws(Failure) -> ProviderReply {
        /// Whether a wider flight has ended without serving this caller: it asks for its own image then.
        var isAlone = false
        var isFirst = true
        while true {
            let (next, flight) = try step(for: key, until: deadline, isAlone: isAlone, isFirst: isFirst, fetch: fetch)
            isFirst = false
            let isOwn: Bool
            let hasReply: Bool
            switch next {
            case .serve(let reply): return reply
            case .fail(let failure): throw failure
            case .wait(_, let own, let valid): (isOwn, hasReply) = (own, valid)
            }
            // Nobody else ends a flight that somebody waits for: there is one.
            guard let flight else { continue }
            let outcome: Result<Flight.Landing, Failure>
            do throws(Failure) {
                outcome = try self.outcome(of: flight, for: key, until: deadline, isPatient: !hasReply, cancellation)
            } catch {
                if error.code == .timedOut, let reply = valid(for: key) { return reply }
                throw error
            }
            switch outcome {
            case .success(let landing):
                if key.isServed(by: flight.plan.key, scope: landing.scope) {
                    return landing.presented(at: clocks.bootNanoseconds)
                }
                isAlone = true
            case .failure(let failure):
                if let reply = valid(for: key) { return reply }
                if isOwn { throw failure }
                // The other caller's limits were not ours.
                if failure.code == .cancelled { continue }
                let limit = flight.plan.deadline
                if failure.code == .timedOut, limit < deadline, clocks.monotonicNanoseconds >= limit { continue }
                if key.imageName == flight.plan.key.imageName { throw failure }
                if state.read({ $0.table.isShared(failure, of: key.provider) }) { throw failure }
                isAlone = true
            }
        }
    }

    /// Drops an entry that a registry answered with 401, so that the next question fetches a new one past the provider's own cache.
    ///
    /// The rest of the reply is used only if that fetch fails. An entry that was itself fetched for this reason is left alone for
    /// `CacheLimits.refetchSpacing`: a registry that refuses a whole account does not turn every pull into a question to the cloud.
    /// - Parameter key: The key that the reply was asked with.
    /// - Returns: Whether asking again can bring another entry. A caller does so once for each pull.
    public func invalidate(_ entry: AuthEntry, for key: CacheKey) -> Bool {
        let now = clocks.bootNanoseconds
        return state.update { $0.table.invalidate(entry, for: key, now: now) }
    }

    private func valid(for key: CacheKey) -> ProviderReply? {
        let now = clocks.bootNanoseconds
        return state.read { $0.table.valid(for: key, now: now) }
    }

    private func step(
        for key: CacheKey, until deadline: Int64, isAlone: Bool, isFirst: Bool, fetch: @escaping Fetch
    ) throws(Failure) -> (SlotTable.Step, Flight?) {
        let now = CacheMoment(clocks)
        return try change { state throws(Failure) in
            guard !state.isClosed else {
                throw Failure(.cancelled, attempting: "asking the provider", on: key.imageName, reason: "this host is being closed")
            }
            let step = state.table.ask(key, until: deadline, isAlone: isAlone, isFirst: isFirst, now: now, fetch: fetch)
            guard case .wait(let id, _, _) = step else { return (step, nil) }
            return (step, state.flight(id))
        }
    }

    /// Waits for the end of a flight. A caller that stops waiting leaves it flying, unless it was the last and was cancelled.
    ///
    /// - Parameter isPatient: Whether there is nothing else to take before the deadline.
    private func outcome(
        of flight: Flight, for key: CacheKey, until deadline: Int64, isPatient: Bool, _ cancellation: Cancellation?
    ) throws(Failure) -> Result<Flight.Landing, Failure> {
        let wishes = [flight.over] + (cancellation.map { [$0] } ?? [])
        let patience = clocks.monotonicNanoseconds.addingSaturated(limits.refreshPatience)
        let end = isPatient ? deadline : min(deadline, patience)
        while true {
            let left = end == .max ? Int64.max : end.subtractingSaturated(clocks.monotonicNanoseconds)
            let turn = state.read { $0.table.nextTurn(of: flight.plan.id) }
            let rest = turn.map { max(1_000_000, $0.subtractingSaturated(clocks.bootNanoseconds)) } ?? .max
            _ = Cancellation.wait(forAnyOf: wishes, atMost: min(left, rest))
            let isCancelled = cancellation?.isCancelled ?? false
            if !isCancelled, let outcome = flight.outcome { return outcome }
            if !isCancelled, rest < left {
                // Its turn comes by the passing of time: whoever waits for it looks.
                change { _ in }
                continue
            }
            state.update { state in
                guard state.table.leave(flight.plan.id, isCancelled: isCancelled) else { return }
                flight.cancellation.cancel()
                if state.table.flights[flight.plan.id] == nil { state.flights[flight.plan.id] = nil }
            }
            throw Failure(
                isCancelled ? .cancelled : .timedOut, attempting: "waiting for the provider", on: key.imageName,
                reason: isCancelled ? "cancelled" : "no answer before the deadline",
                advice: isCancelled ? "" : "check that its cloud can be reached from here, or allow more time", source: key.provider)
        }
    }
}
