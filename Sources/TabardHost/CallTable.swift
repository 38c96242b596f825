import CTabard
import TabardSystem

/// The `tabard_call_v1` of one call.
struct CallTable: @unchecked Sendable {
    // Written before the plugin sees it and never again; `CallDesk` frees it when nobody is expected to look any more.
    let pointer: UnsafePointer<tabard_call_v1>

    init(_ call: CallState, host: UnsafePointer<tabard_host_v1>) {
        var table = tabard_call_v1()
        table.struct_size = UInt32(MemoryLayout<tabard_call_v1>.size)
        table.flags = call.isOneShot ? UInt32(TABARD_CALL_ONE_SHOT) : 0
        table.host = host
        table.id = call.id
        table.deadline_ns = call.deadline
        table.cancel_fd = call.cancellation.descriptor
        table.is_cancelled = { CallDesk.call($0)?.isCancelled == false ? 0 : 1 }
        table.sleep_until = { call, moment in CallDesk.call(call)?.sleep(until: moment) ?? TABARD_E_INVALID }
        table.add_auth = { call, auth in CallDesk.call(call)?.addAuth(auth) ?? TABARD_E_INVALID }
        table.set_cache = { call, cache in CallDesk.call(call)?.setCache(cache) ?? TABARD_E_INVALID }
        table.set_error = { call, error in CallDesk.call(call)?.setError(error) }
        let memory = UnsafeMutablePointer<tabard_call_v1>.allocate(capacity: 1)
        memory.initialize(to: table)
        pointer = UnsafePointer(memory)
    }

    func free() { pointer.deallocate() }
}
