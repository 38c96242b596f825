import CTabard
import TabardCore
import TabardSystem

/// The checks of time and of threads.
extension CheckProcess {
    private static let second: Int64 = 1_000_000_000

    func deadline() throws(Complaint) -> String {
        let usual = ProbeHost()
        let trials = try trials(of: try subject(usual), on: usual)
        var slowest: Int64 = 0
        for trial in trials {
            for (name, distance) in [("has passed", Int64(0)), ("passes in the middle", 100_000_000)] {
                var shape = ProbeHost.Shape()
                shape.isPatient = true
                let host = ProbeHost(shape, answer: .hold)
                let outcome = try trial.withInstance(on: host) { (instance) throws(Complaint) in
                    channel.at("provide() of \(trial.provider.id) with a deadline that \(name)")
                    return trial.provider.provide(instance, trial.image, on: ProbeCall(host, deadline: host.now + distance))
                }
                let late = outcome.took - distance
                slowest = max(slowest, late)
                guard late < Self.second else {
                    throw Complaint("provide() of \(trial.provider.id) came back \(late / 1_000_000) ms after its deadline")
                }
                guard outcome.record.dismissal == nil || outcome.status.rawValue < 0 else {
                    throw Complaint("provide() of \(trial.provider.id) said OK after the host had told it that the time was over")
                }
            }
        }
        return "at most \(slowest / 1000) µs late"
    }

    func cancellation() throws(Complaint) -> String {
        let usual = ProbeHost()
        let trials = try trials(of: try subject(usual), on: usual)
        var slowest: Int64 = 0
        for trial in trials {
            for (name, delay) in [("before it began", Int64(0)), ("in the middle", 50_000_000)] {
                var shape = ProbeHost.Shape()
                shape.isPatient = true
                let host = ProbeHost(shape, answer: .hold)
                let cancellation = Cancellation()
                let cancelledAt = SystemClocks().monotonicNanoseconds + delay
                if delay == 0 { cancellation.cancel() }
                let canceller = Self.thread {
                    while SystemClocks().monotonicNanoseconds < cancelledAt {
                        _ = Cancellation.wait(forAnyOf: [], atMost: cancelledAt - SystemClocks().monotonicNanoseconds)
                    }
                    cancellation.cancel()
                }
                defer { canceller?.join() }
                let outcome = try trial.withInstance(on: host) { (instance) throws(Complaint) in
                    channel.at("provide() of \(trial.provider.id), cancelled \(name)")
                    return trial.provider.provide(instance, trial.image, on: ProbeCall(host, cancellation: cancellation))
                }
                let late = SystemClocks().monotonicNanoseconds - cancelledAt
                slowest = max(slowest, late)
                guard late < Self.second else {
                    throw Complaint("provide() of \(trial.provider.id) came back \(late / 1_000_000) ms after it was cancelled \(name)")
                }
                if outcome.record.dismissal != nil, ![TABARD_E_CANCELLED, TABARD_E_DEADLINE].contains(outcome.status) {
                    throw Complaint(
                        "provide() of \(trial.provider.id) returned \(outcome.status.rawValue) after the host had told it that the call "
                            + "was cancelled: TABARD_E_CANCELLED is not held against the provider, this is")
                }
            }
        }
        return "at most \(slowest / 1000) µs late"
    }

    func concurrency() throws(Complaint) -> String {
        let host = ProbeHost()
        let trials = try trials(of: try subject(host), on: host)
        var calls = 0
        for trial in trials {
            let wanted = trial.outcome.record.entries
            let differing = Monitor<String?>(nil)
            let provider = trial.provider
            channel.at("provide() of \(provider.id) in eight threads")
            // One instance for all where the provider says so, else one for each thread: instances overlap in any case.
            let shared = provider.isConcurrent ? provider.create(trial.settings, on: ProbeCall(host)).instance : nil
            let threads = (0..<8).compactMap { _ in
                Self.thread {
                    guard let instance = shared ?? provider.create(trial.settings, on: ProbeCall(host)).instance else { return }
                    for _ in 0..<50 {
                        let outcome = provider.provide(instance, trial.image, on: ProbeCall(host))
                        if outcome.record.entries != wanted || outcome.status != trial.outcome.status {
                            differing.withLock { $0 = outcome.summary }
                        }
                    }
                    if shared == nil { provider.destroy(instance) }
                }
            }
            threads.forEach { $0.join() }
            if let shared { provider.destroy(shared) }
            calls += threads.count * 50
            if let differing = differing.read({ $0 }) {
                throw Complaint("\(provider.id) gave \(differing) in one of eight threads, and \(trial.outcome.summary) alone")
            }
        }
        return "\(calls) calls"
    }

    private static func thread(_ body: @escaping @Sendable () -> Void) -> WorkerThread? { try? WorkerThread(body) }
}
