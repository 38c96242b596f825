import TabardCore
import TabardSystem

/// The instance of one provider, and whose turn it is.
///
/// A provider without `TABARD_PROVIDER_CONCURRENT` serves one call at a time. A call that has not come back a second after its deadline
/// is given up: it keeps its instance and its thread, and the next call makes a new instance. More than eight of these at a time, and the
/// provider is not asked any more.
final class InstanceSlot: Sendable {
    /// The right to use the slot, until `release`.
    struct Turn: Sendable {
        let number: UInt64
        /// Nil when the holder has to make one.
        let instance: ProviderInstance?
    }

    private struct State {
        var instance: ProviderInstance?
        var holder: (number: UInt64, deadline: Int64)?
        var lastNumber: UInt64 = 0
        var lost = 0
    }
    private enum Answer {
        case turn(Turn)
        case wait(until: Int64)
        case refused
    }

    private let state = Monitor(State())
    private let clocks: any Clocks
    private static let patience: Int64 = 1_000_000_000
    private static let mostLost = 8

    init(clocks: any Clocks) { self.clocks = clocks }

    /// Waits for the turn of a call.
    func acquire(isConcurrent: Bool, until deadline: Int64) throws(Failure) -> Turn {
        while true {
            let answer = state.update { attempt(isConcurrent, deadline, in: &$0) }
            switch answer {
            case .turn(let turn): return turn
            case .refused:
                throw Failure(
                    .unavailable, attempting: "waiting for the provider", reason: "\(Self.mostLost) earlier calls have never come back",
                    advice: "restart this process, and report the plugin")
            case .wait(let end):
                guard clocks.monotonicNanoseconds < deadline else {
                    throw Failure(
                        .timedOut, attempting: "waiting for the provider", reason: "it was busy with another call until the deadline")
                }
                _ = state.wait(until: min(end, deadline)) { $0.holder == nil ? true : nil }
            }
        }
    }

    /// Keeps `instance` for later calls, unless the turn was taken away meanwhile.
    func keep(_ instance: ProviderInstance, for turn: Turn, isConcurrent: Bool) -> ProviderInstance {
        state.update { state in
            if isConcurrent, let earlier = state.instance { return earlier }
            if isConcurrent || state.holder?.number == turn.number { state.instance = instance }
            return instance
        }
    }

    /// Ends a turn.
    func release(_ turn: Turn, isConcurrent: Bool) {
        guard !isConcurrent else { return }
        state.update { state in
            if state.holder?.number == turn.number {
                state.holder = nil
            } else {
                state.lost -= 1
            }
        }
    }

    private func attempt(_ isConcurrent: Bool, _ deadline: Int64, in state: inout State) -> Answer {
        if !isConcurrent, let holder = state.holder {
            let end = holder.deadline > .max - Self.patience ? Int64.max : holder.deadline + Self.patience
            guard clocks.monotonicNanoseconds >= end else { return .wait(until: end) }
            guard state.lost < Self.mostLost else { return .refused }
            state.lost += 1
            state.instance = nil
        }
        state.lastNumber += 1
        if !isConcurrent { state.holder = (state.lastNumber, deadline) }
        return .turn(Turn(number: state.lastNumber, instance: state.instance))
    }
}
