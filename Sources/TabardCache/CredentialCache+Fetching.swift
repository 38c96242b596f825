import TabardCore
import TabardSystem

extension CredentialCache {
    /// Changes the state, begins the flights whose turn has come by that, and tells the scheduler when it has to look earlier.
    func change<Result, Problem: Error>(_ body: (inout State) throws(Problem) -> Result) throws(Problem) -> Result {
        let now = CacheMoment(clocks)
        var isEarlier = false
        let (result, ready) = try state.update { (state) throws(Problem) -> (Result, [Flight]) in
            let result = try body(&state)
            let ready = state.isClosed ? [] : state.table.takeReady(now: now).compactMap { state.flight($0.id) }
            state.flightCount += ready.count
            if let next = state.table.nextMoment, next < state.nextLook {
                state.nextLook = next
                isEarlier = true
            }
            return (result, ready)
        }
        if isEarlier { changes.update { $0.count &+= 1 } }
        for flight in ready { start(flight) }
        return result
    }

    /// Lets the fetch of a flight run, on a thread of its own.
    private func start(_ flight: Flight) {
        let plan = flight.plan
        log(.info(2), "Refreshing cache for provider: \(plan.key.provider)")
        log(.info(4), "\(plan.key.provider) is asked about \(plan.key.imageName): \(plan.reason.rawValue)")
        let work: @Sendable () -> Void = { [self] in
            let started = clocks.monotonicNanoseconds
            let result: Result<ProviderReply, Failure>
            do throws(Failure) {
                let call = FetchCall(deadline: plan.deadline, cancellation: flight.cancellation, isFresh: plan.isFresh)
                result = .success(try plan.fetch(call))
            } catch {
                result = .failure(error)
            }
            land(flight, with: result, took: clocks.monotonicNanoseconds - started)
        }
        do throws(SystemError) {
            try WorkerThread(detached: true, work)
        } catch {
            // No thread to be had: the caller waits in person.
            work()
        }
    }

    private func land(_ flight: Flight, with result: Result<ProviderReply, Failure>, took: Int64) {
        let now = CacheMoment(clocks)
        let wallClock = UTCTime(unixNanoseconds: clocks.unixNanoseconds)
        let landing = change { state in
            state.flights[flight.plan.id] = nil
            return state.table.land(flight.plan, with: result, took: took, now: now, wallClock: wallClock)
        }
        if let complaint = landing.complaint { log(.warning, "The provider \(flight.plan.key.provider) \(complaint)") }
        if let left = landing.left, case .failure(let failure) = landing.outcome {
            let rest = GoDuration.format(.seconds(left / 1_000_000_000))
            log(.warning, "The last reply stays in service for \(rest) after a failed refresh: \(failure)")
        }
        flight.end(with: landing.outcome)
        state.update { $0.flightCount -= 1 }
    }

    /// Waits for a number of fetches on their way and of callers that wait for them: how tests, and an orderly end, know where it stands.
    package func wait(until isReached: (_ fetches: Int, _ waiters: Int) -> Bool) {
        _ = state.wait(until: nil) { state in
            isReached(state.flightCount, state.table.flights.values.reduce(0) { $0 + $1.waiters }) ? true : nil
        }
    }
}
