package import TabardCore

/// What a cache knows and decides, as pure steps in time: no thread, no clock, no waiting. `CredentialCache` drives it with threads and the
/// machine's clocks; the simulation drives thousands of them with a clock of its own.
///
/// A caller's question ends in a reply, a failure, or a flight to wait for. Flights begin when `takeReady` gives them out, which must
/// be called after every step, and at `nextMoment`. Every step takes O(log n) of what is held.
package struct SlotTable {
    /// What a caller does next.
    package enum Step {
        /// Take this.
        case serve(ProviderReply)
        /// Go without.
        case fail(Failure)
        /// Wait for that flight.
        ///
        /// - `isOwn`: This caller caused it.
        /// - `hasReply`: What is held is valid, and to be taken when the flight takes long or fails.
        case wait(UInt64, isOwn: Bool, hasReply: Bool)
    }

    struct FlightState {
        let plan: FlightPlan
        /// How many callers wait for it.
        var waiters: Int
        /// Given out by `takeReady`.
        var isRunning = false
    }

    var policy: RefreshPolicy
    var limits: CacheLimits { policy.limits }
    /// The scope of each provider's last reply: where the next flight is looked for. Bounded by the number of providers.
    var scopes: [String: CacheScope] = [:]
    /// Flights that wait for their turn or are on their way, those that lost their slot included.
    var flights: [UInt64: FlightState] = [:]
    var lanes: [String: ProviderLane] = [:]
    var counts = CacheCounts()
    private var lastFlight: UInt64 = 0

    private var index: [SlotPlace: Int] = [:]
    private var records: [(place: SlotPlace, slot: Slot)?] = []
    private var free: [Int] = []
    /// Slots to be refreshed, by when.
    private var wakes = MomentHeap()
    /// All slots, by when there is nothing in them any more.
    private var ends = MomentHeap()

    /// Makes an empty one.
    package init(limits: CacheLimits, jitter: RefreshJitter) { policy = RefreshPolicy(limits: limits, jitter: jitter) }

    // MARK: Slots

    /// What lies at a place; setting it keeps every order.
    subscript(place: SlotPlace) -> Slot? {
        get { index[place].flatMap { records[$0]?.slot } }
        set {
            if let id = index[place] { set(id, newValue) } else if let newValue { insert(newValue, at: place) }
        }
    }

    /// How many replies, failures and flights are held.
    package var count: Int { index.count }
    /// Everything that is held, in no order.
    var all: some Sequence<(place: SlotPlace, slot: Slot)> { records.lazy.compactMap { $0 } }

    private mutating func insert(_ slot: Slot, at place: SlotPlace) {
        let id = free.popLast() ?? records.count
        if id == records.count { records.append(nil) }
        index[place] = id
        records[id] = (place, slot)
        reorder(id, slot, place)
    }

    private mutating func set(_ id: Int, _ slot: Slot?) {
        guard let place = records[id]?.place else { return }
        if let slot {
            records[id]?.slot = slot
        } else {
            records[id] = nil
            index[place] = nil
            free.append(id)
        }
        reorder(id, slot, place)
    }

    private mutating func reorder(_ id: Int, _ slot: Slot?, _ place: SlotPlace) {
        ends.set(id, to: slot?.until)
        wakes.set(id, to: slot?.wakeAt)
        lanes[place.provider]?.backlog.set(id, to: nil)
    }

    /// Drops what has ended, and what ends first while there is too much. Flights stay.
    mutating func makeRoom(now: Int64) {
        dropEnded(now: now)
        while index.count > limits.slotCount, let (id, end) = ends.first, end != .max {
            set(id, records[id]?.slot.ended)
            counts.evictions += 1
        }
    }

    private mutating func dropEnded(now: Int64) {
        while let (id, end) = ends.first, end <= now { set(id, records[id]?.slot.ended) }
    }

    /// Drops everything that is held.
    mutating func removeAll() {
        for place in Array(index.keys) { self[place] = nil }
    }

    // MARK: Flights

    /// Plans a question to a provider, to begin when its turn comes.
    mutating func plan(
        _ reason: FlightPlan.Reason, for key: CacheKey, at place: SlotPlace, waiters: Int, until deadline: Int64, failuresInARow: Int = 0,
        now: CacheMoment, fetch: @escaping CredentialCache.Fetch
    ) -> FlightPlan {
        lastFlight += 1
        let isAhead = waiters == 0
        let plan = FlightPlan(
            id: lastFlight, key: key, reason: reason,
            deadline: isAhead || deadline == .max ? now.monotonic.addingSaturated(limits.fetchTime) : deadline, isAhead: isAhead,
            failuresInARow: failuresInARow, fetch: fetch, place: place)
        flights[plan.id] = FlightState(plan: plan, waiters: waiters)
        return plan
    }

    /// Lets a flight wait for its turn.
    mutating func enqueue(_ plan: FlightPlan) { lanes[plan.key.provider, default: .init()].enqueue(plan.id) }

    /// Gives out the flights whose turn has come: each is to be begun now, and to be landed once.
    package mutating func takeReady(now: CacheMoment) -> [FlightPlan] {
        dropEnded(now: now.boot)
        while let (id, moment) = wakes.first, moment <= now.boot {
            wakes.set(id, to: nil)
            if let record = records[id] { lanes[record.place.provider, default: .init()].backlog.set(id, to: record.slot.until) }
        }
        var ready: [FlightPlan] = []
        for provider in lanes.keys where lanes[provider]?.isIdle == false { takeReady(of: provider, now: now, into: &ready) }
        return ready
    }

    private mutating func takeReady(of provider: String, now: CacheMoment, into ready: inout [FlightPlan]) {
        while let id = lanes[provider]?.firstQueued {
            if let plan = flights[id]?.plan {
                guard lanes[provider]?.canBegin(now: now.boot, limits) ?? false else { break }
                begin(plan, now: now, into: &ready)
            }
            lanes[provider]?.popQueued()
        }
        while let id = lanes[provider]?.nextDue(now: now.boot, limits) {
            lanes[provider]?.backlog.set(id, to: nil)
            guard let (place, slot) = records[id], let held = slot.held, let fetch = held.fetch, now.boot < held.until else { continue }
            let plan = plan(.early, for: held.key, at: place, waiters: 0, until: .max, now: now, fetch: fetch)
            set(id, .filling(plan.id, previous: held))
            counts.refreshes += 1
            begin(plan, now: now, into: &ready)
        }
    }

    private mutating func begin(_ plan: FlightPlan, now: CacheMoment, into ready: inout [FlightPlan]) {
        let limits = limits
        lanes[plan.key.provider]?.begin(now: now.boot, limits)
        flights[plan.id]?.isRunning = true
        counts.providers[plan.key.provider, default: .init()].fetches += 1
        ready.append(plan)
    }

    /// When to call `takeReady` again although nothing happens; nil when nothing is to come. On CLOCK_BOOTTIME.
    package var nextMoment: Int64? {
        var next = min(wakes.first?.moment ?? .max, ends.first?.moment ?? .max)
        for lane in lanes.values where !lane.isIdle { next = min(next, lane.nextOpening(limits) ?? .max) }
        return next == .max ? nil : next
    }

    /// When a flight that waits for its turn may have it by the passing of time alone; nil for one that is on its way.
    package func nextTurn(of flight: UInt64) -> Int64? {
        guard let state = flights[flight], !state.isRunning else { return nil }
        return lanes[state.plan.key.provider]?.nextOpening(limits)
    }
}
