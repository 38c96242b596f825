import Synchronization
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
/// May be used from any thread; callers block.
public final class CredentialCache: Sendable {
    /// Asks the provider. Runs on a thread that belongs to this call alone.
    public typealias Fetch = @Sendable (FetchCall) throws(Failure) -> ProviderReply

    struct State {
        var slots: [SlotPlace: Slot] = [:]
        /// The scope of each provider's last reply: where the next flight is looked for. Bounded by the number of providers.
        var scopes: [String: CacheScope] = [:]
        var lastPurge: Int64 = 0
        /// Fetches on their way, those that lost their slot included.
        var flightCount = 0
        var counts = CacheCounts()
        var isClosed = false

        /// Counts the end of a question to a provider.
        mutating func count(_ outcome: String, of provider: String, took nanoseconds: Int64) {
            counts.providers[provider, default: .init()].outcomes[outcome, default: 0] += 1
            counts.providers[provider]?.latency.add(nanoseconds: nanoseconds)
        }
    }

    let state = Monitor(State())
    /// How many fetches have ended, for whoever waits for the next refresh; apart from `state`, which every question changes.
    let landings = Monitor<(count: UInt64, isClosed: Bool)>((0, false))
    let clocks: any Clocks
    let log: LogSink
    let limits: CacheLimits
    let jitter: @Sendable (Int64) -> Int64
    /// What makes the marks of identities in a snapshot this cache's own.
    let salt = (0..<16).map { _ in UInt8.random(in: 0...255) }

    /// Makes an empty cache.
    public convenience init(clocks: any Clocks, log: LogSink, limits: CacheLimits = .standard) {
        self.init(clocks: clocks, log: log, limits: limits) { $0 > 0 ? Int64.random(in: 0...$0) : 0 }
    }

    /// Makes an empty cache whose early refreshes come when a test wants them.
    ///
    /// - Parameter jitter: Gives a number between zero and its argument, in nanoseconds.
    package init(clocks: any Clocks, log: LogSink, limits: CacheLimits, jitter: @escaping @Sendable (Int64) -> Int64) {
        self.clocks = clocks
        self.log = log
        self.limits = limits
        self.jitter = jitter
    }

    /// Returns what the provider answers to this question, from memory as long as that holds.
    ///
    /// Ahead of its end a reply is still served at once while a new one is fetched. A refresh that fails leaves the old reply in service
    /// until its own end. A failure with nothing left to serve is answered from memory for a moment before the provider is asked again.
    /// - Parameters:
    ///   - deadline: When to stop waiting, on CLOCK_MONOTONIC in nanoseconds; `Int64.max` for never.
    ///   - cancellation: When to stop waiting, too.
    ///   - fetch: Asks the provider; called at most once, possibly after this has returned, and never while the cache is locked.
    /// - Returns: The reply with `duration` set to what is left of its lifetime (zero: good for this use only) and `scope` to where it holds.
    /// - Throws: The provider's failure; `.timedOut` or `.cancelled` when this caller stopped waiting.
    public func reply(
        for key: CacheKey, until deadline: Int64, cancellation: Cancellation? = nil, fetch: @escaping Fetch
    ) throws(Failure) -> ProviderReply {
        /// Whether a wider flight has ended without serving this caller: it asks for its own image then.
        var isAlone = false
        /// Whether it has been counted as a miss.
        var isCounted = false
        while true {
            let flight: Flight
            let place: SlotPlace
            let isLeader: Bool
            let step = state.update { state in
                let step = next(for: key, until: deadline, isAlone: isAlone, fetch: fetch, in: &state)
                if !isCounted { count(step, in: &state) }
                isCounted = true
                return step
            }
            switch step {
            case .serve(let reply, let ahead):
                if let (flight, place) = ahead { start(flight, at: place, fetch) }
                return reply
            case .fail(let failure): throw failure
            case .wait(let other, let there): (flight, place, isLeader) = (other, there, false)
            case .begin(let own, let there):
                (flight, place, isLeader) = (own, there, true)
                start(flight, at: place, fetch)
            }
            switch try outcome(of: flight, at: place, for: key, until: deadline, cancellation) {
            case .success(let landing):
                if key.isServed(by: flight.key, scope: landing.scope) { return present(landing) }
                isAlone = true
            case .failure(let failure):
                if let reply = state.read({ valid(for: key, in: $0) }) { return reply }
                if isLeader { throw failure }
                // The other caller's limits were not ours.
                if failure.code == .cancelled { continue }
                if failure.code == .timedOut, flight.deadline < deadline, clocks.monotonicNanoseconds >= flight.deadline { continue }
                if key.imageName == flight.key.imageName { throw failure }
                if state.read({ isShared(failure, of: key.provider, in: $0) }) { throw failure }
                isAlone = true
            }
        }
    }

    /// What a caller does next.
    private enum Step {
        /// Take this; and start that fetch, which nobody waits for.
        case serve(ProviderReply, ahead: (Flight, SlotPlace)?)
        case fail(Failure)
        case wait(Flight, SlotPlace)
        case begin(Flight, SlotPlace)
    }

    private func count(_ step: Step, in state: inout State) {
        switch step {
        case .serve(_, let ahead):
            state.counts.hits += 1
            if ahead != nil { state.counts.refreshes += 1 }
        case .fail: state.counts.failuresServed += 1
        case .wait:
            state.counts.misses += 1
            state.counts.joined += 1
        case .begin: state.counts.misses += 1
        }
    }

    private func next(
        for key: CacheKey, until deadline: Int64, isAlone: Bool, fetch: @escaping Fetch, in state: inout State
    ) -> Step {
        let now = clocks.bootNanoseconds
        guard !state.isClosed else {
            return .fail(Failure(.cancelled, attempting: "asking the provider", on: key.imageName, reason: "this host is being closed"))
        }
        let places = [key.place(.image), key.place(.registry), key.place(.global)]
        for place in places {
            guard let slot = state.slots[place], let held = slot.held, now < held.until else { continue }
            if !held.wasRefused { noteUse(of: held, by: fetch, at: place, in: &state) }
            switch slot {
            case .filling(let flight, let waiters, let previous):
                guard held.wasRefused else { return .serve(present(held, at: now), ahead: nil) }
                if let failure = overdue(flight, key) { return .fail(failure) }
                state.slots[place] = .filling(flight, waiters: waiters + 1, previous: previous)
                return .wait(flight, place)
            case .stale(_, let retryAt) where now < retryAt: return .serve(present(held, at: now), ahead: nil)
            case .fresh where now < held.refreshAt && !held.wasRefused: return .serve(present(held, at: now), ahead: nil)
            case .fresh, .stale, .failed:
                let flight = flight(for: key, until: held.wasRefused ? deadline : .max, isAhead: !held.wasRefused, isFresh: held.wasRefused)
                state.flightCount += 1
                var previous = held
                previous.wasUsed = true
                state.slots[place] = .filling(flight, waiters: held.wasRefused ? 1 : 0, previous: previous)
                return held.wasRefused ? .begin(flight, place) : .serve(present(held, at: now), ahead: (flight, place))
            }
        }
        var failuresInARow = 0
        for place in places where place.scope == .image || !isAlone {
            switch state.slots[place] {
            case .filling(let flight, let waiters, let previous):
                if let failure = overdue(flight, key) { return .fail(failure) }
                state.slots[place] = .filling(flight, waiters: waiters + 1, previous: previous)
                return .wait(flight, place)
            case .failed(let failure, let retryAt, let count):
                if now < retryAt { return .fail(failure) }
                failuresInARow = max(failuresInARow, count)
            default: break
            }
        }
        let place = key.place(isAlone ? .image : state.scopes[key.provider] ?? .registry)
        let flight = flight(for: key, until: deadline, isAhead: false, isFresh: false, failuresInARow: failuresInARow)
        state.flightCount += 1
        state.slots[place] = .filling(flight, waiters: 1, previous: nil)
        return .begin(flight, place)
    }

    func flight(for key: CacheKey, until deadline: Int64, isAhead: Bool, isFresh: Bool, failuresInARow: Int = 0) -> Flight {
        let now = clocks.monotonicNanoseconds
        let limit = now.addingSaturated(limits.fetchTime)
        return Flight(
            key: key, startedAt: now, deadline: deadline == .max ? limit : deadline, isAhead: isAhead, isFresh: isFresh,
            failuresInARow: failuresInARow)
    }

    /// A provider that ignores its deadline costs one thread, not one for every caller, and no caller's time.
    private func overdue(_ flight: Flight, _ key: CacheKey) -> Failure? {
        guard clocks.monotonicNanoseconds.subtractingSaturated(flight.deadline) > 5_000_000_000 else { return nil }
        return Failure(
            .timedOut, attempting: "waiting for the provider", on: key.imageName,
            reason: "an earlier question to it has not come back although its deadline is long past",
            advice: "restart this process, and report the provider", source: key.provider)
    }

    /// The reply in service, ahead of its end or not.
    private func valid(for key: CacheKey, in state: State) -> ProviderReply? {
        let now = clocks.bootNanoseconds
        for scope in CacheScope.allCases {
            guard let held = state.slots[key.place(scope)]?.held, now < held.until, !held.reply.entries.isEmpty else { continue }
            return present(held, at: now)
        }
        return nil
    }

    private func present(_ held: Slot.Held, at now: Int64) -> ProviderReply {
        var reply = held.reply
        reply.duration = .nanoseconds(held.until - now)
        return reply
    }

    private func present(_ landing: Flight.Landing) -> ProviderReply {
        var reply = landing.reply
        reply.duration = .nanoseconds(max(0, landing.until.subtractingSaturated(clocks.bootNanoseconds)))
        return reply
    }

    /// Waits for the end of a flight. A caller that stops waiting leaves it flying, unless it was the last and was cancelled.
    private func outcome(
        of flight: Flight, at place: SlotPlace, for key: CacheKey, until deadline: Int64, _ cancellation: Cancellation?
    ) throws(Failure) -> Result<Flight.Landing, Failure> {
        let wishes = [flight.over] + (cancellation.map { [$0] } ?? [])
        let left = deadline == .max ? Int64.max : deadline.subtractingSaturated(clocks.monotonicNanoseconds)
        _ = Cancellation.wait(forAnyOf: wishes, atMost: left)
        let isCancelled = cancellation?.isCancelled ?? false
        if !isCancelled, let outcome = flight.outcome { return outcome }
        state.update { state in
            guard case .filling(let there, let waiters, let previous) = state.slots[place], there === flight else { return }
            state.slots[place] = .filling(flight, waiters: waiters - 1, previous: previous)
            guard isCancelled, waiters == 1, !flight.isAhead else { return }
            state.slots[place] = previous.map { .fresh($0) }
            flight.cancellation.cancel()
        }
        throw Failure(
            isCancelled ? .cancelled : .timedOut, attempting: "waiting for the provider", on: key.imageName,
            reason: isCancelled ? "cancelled" : "no answer before the deadline",
            advice: isCancelled ? "" : "check that its cloud can be reached from here, or allow more time", source: key.provider)
    }
}
