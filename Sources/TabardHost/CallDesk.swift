import CTabard
import TabardCore
import TabardSystem

/// The calls that plugins are working on, by number.
///
/// A plugin holds a pointer to a `tabard_call_v1`, whose number is looked up here, so that one that uses the pointer after its call has
/// returned is told so. The memory of the last `grace` calls stays for that; a use later than that is beyond help.
final class CallDesk: Sendable {
    private struct State {
        var open: [UInt64: CallState] = [:]
        var closed: [CallTable] = []
        var next = 0
        var lastID: UInt64 = 0
    }
    private let state = Monitor(State())
    private static let grace = 64

    /// A number for the next call of this process.
    func nextID() -> UInt64 {
        state.withLock {
            $0.lastID += 1
            return $0.lastID
        }
    }

    /// Makes `call` findable.
    func open(_ call: CallState) { state.withLock { $0.open[call.id] = call } }

    /// Ends `call`: from now on its number leads nowhere.
    func close(_ call: CallState, table: CallTable) {
        let outgoing = state.withLock { state -> CallTable? in
            state.open[call.id] = nil
            guard state.closed.count == Self.grace else {
                state.closed.append(table)
                return nil
            }
            defer {
                state.closed[state.next] = table
                state.next = (state.next + 1) % Self.grace
            }
            return state.closed[state.next]
        }
        outgoing?.free()
    }

    /// The call behind a plugin's pointer, or nil when it is over.
    static func call(_ call: UnsafePointer<tabard_call_v1>?) -> CallState? {
        guard let call, let context = PluginContext.of(call.pointee.host) else { return nil }
        let id = call.pointee.id
        if let found = context.services.calls.state.withLock({ $0.open[id] }) { return found }
        context.log(.error, "it used call \(id) after that call had returned; refused")
        context.services.onRefusal?("it used a call after that call had returned")
        return nil
    }
}
