import CTabard
import Glibc
import TabardCore
import TabardSystem

/// One create() or provide() of a check, from the host's side.
final class ProbeCall: Sendable {
    /// What the plugin did with it.
    struct Record: Sendable {
        var entries: [Entry] = []
        var caches = 0
        var message: String?
        var advice = ""
        var exchanges = 0
        /// What a function of the host said last: the work is no longer wanted.
        var dismissal: tabard_status?
    }
    /// One set of credentials, without the password.
    struct Entry: Sendable, Hashable {
        var pattern: String
        var username: String
        var hasPassword: Bool
    }

    let host: ProbeHost
    let deadline: Int64
    let cancellation: Cancellation
    let record = Monitor(Record())
    private let memory: Monitor<ProbeMemory>

    init(_ host: ProbeHost, deadline: Int64 = .max, cancellation: Cancellation = Cancellation()) {
        self.host = host
        self.deadline = deadline
        self.cancellation = cancellation
        memory = Monitor(ProbeMemory(host.shape.memory))
    }

    /// Runs `body` with the table of this call and memory to lend; both end with it.
    func run<Result>(_ body: (UnsafePointer<tabard_call_v1>, ProbeMemory) -> Result) -> Result {
        let lent = ProbeMemory(host.shape.memory)
        // In the kinds of memory that outlive the call, a late use must not meet a freed object.
        if host.shape.memory != .freed { _ = Unmanaged.passRetained(self) }
        var table = tabard_call_v1()
        table.struct_size = UInt32(MemoryLayout<tabard_call_v1>.size + host.shape.tail)
        table.flags = host.shape.unknownFlags
        table.call_data = Unmanaged.passUnretained(self).toOpaque()
        table.host = host.pointer
        table.id = 1
        table.deadline_ns = deadline
        table.cancel_fd = cancellation.descriptor
        table.is_cancelled = { ProbeCall.of($0)?.isOver == false ? 0 : 1 }
        table.sleep_until = { ProbeCall.of($0)?.sleep(until: $1) ?? TABARD_E_INVALID }
        table.add_auth = { ProbeCall.of($0)?.add($1) ?? TABARD_E_INVALID }
        table.set_cache = { call, cache in
            guard let call = ProbeCall.of(call), cache != nil else { return TABARD_E_INVALID }
            return call.record.withLock {
                $0.caches += 1
                return $0.caches == 1 ? TABARD_OK : TABARD_E_INVALID
            }
        }
        table.set_error = { ProbeCall.of($0)?.explain($1) }
        defer {
            lent.retire()
            memory.withLock { $0.retire() }
        }
        return withExtendedLifetime(self) { body(lent.value(table, tail: host.shape.tail), lent) }
    }

    static func of(_ call: UnsafePointer<tabard_call_v1>?) -> ProbeCall? {
        guard let data = call?.pointee.call_data else { return nil }
        return Unmanaged<ProbeCall>.fromOpaque(data).takeUnretainedValue()
    }

    private var isOver: Bool { cancellation.isCancelled || host.now >= deadline }

    private func dismissed(_ status: tabard_status) -> tabard_status {
        record.withLock { $0.dismissal = status }
        return status
    }

    /// Waits until the call ends; a check that cancels does so from another thread.
    private func hold() -> tabard_status {
        let left = deadline == .max ? Int64.max : deadline - host.now
        return dismissed(
            Cancellation.wait(forAnyOf: [cancellation], atMost: max(0, left)) ? TABARD_E_CANCELLED : TABARD_E_DEADLINE)
    }

    private func sleep(until moment: Int64) -> tabard_status {
        if cancellation.isCancelled { return dismissed(TABARD_E_CANCELLED) }
        if moment > deadline || host.now >= deadline { return dismissed(TABARD_E_DEADLINE) }
        // An hour is more than anybody sleeps between attempts: such a call waits to be woken.
        guard !host.shape.isPatient, moment - host.now < 3_600_000_000_000 else {
            let isWoken = Cancellation.wait(forAnyOf: [cancellation], atMost: max(0, moment - host.now))
            return isWoken ? dismissed(TABARD_E_CANCELLED) : TABARD_OK
        }
        host.jump(to: moment)
        return TABARD_OK
    }

    private func add(_ auth: UnsafePointer<tabard_auth_v1>?) -> tabard_status {
        guard let auth = auth?.pointee, auth.kind == TABARD_AUTH_BASIC else { return TABARD_E_UNSUPPORTED }
        let entry = Entry(
            pattern: Self.text(auth.registry), username: Self.text(auth.username), hasPassword: auth.password.ptr != nil)
        return record.withLock { record in
            if record.entries.contains(where: { $0.pattern == entry.pattern }) { return TABARD_E_INVALID }
            record.entries.append(entry)
            return TABARD_OK
        }
    }

    private func explain(_ error: UnsafePointer<tabard_error_v1>?) {
        guard let error = error?.pointee else { return }
        let message = Self.text(error.message), advice = Self.text(error.advice)
        record.withLock {
            $0.message = message
            $0.advice = advice
        }
    }

    static func text(_ text: tabard_str) -> String {
        String(decoding: UnsafeRawBufferPointer(start: text.ptr, count: text.ptr == nil ? 0 : min(text.len, 1 << 20)), as: UTF8.self)
    }
}

/// The extensions.
extension ProbeCall {
    func perform(
        _ request: UnsafePointer<tabard_http_request_v1>?, _ response: UnsafeMutablePointer<tabard_http_response_v1>?
    ) -> tabard_status {
        record.withLock { $0.exchanges += 1 }
        guard request != nil, let response else { return TABARD_E_INVALID }
        if isOver { return dismissed(cancellation.isCancelled ? TABARD_E_CANCELLED : TABARD_E_DEADLINE) }
        switch host.answer {
        case .reply(let status, let headers, let body):
            memory.withLock { memory in
                response.pointee.status = status
                response.pointee.headers = memory.pairs(headers)
                response.pointee.body = memory.text(body)
            }
            return TABARD_OK
        case .failure(let status, let reason):
            memory.withLock { response.pointee.failure = $0.text(reason) }
            return status
        case .hold: return hold()
        }
    }

    func run(
        _ request: UnsafePointer<tabard_process_request_v1>?, _ result: UnsafeMutablePointer<tabard_process_result_v1>?
    ) -> tabard_status {
        record.withLock { $0.exchanges += 1 }
        guard request != nil, let result else { return TABARD_E_INVALID }
        if isOver { return dismissed(cancellation.isCancelled ? TABARD_E_CANCELLED : TABARD_E_DEADLINE) }
        switch host.answer {
        case .reply(let status, _, let body):
            memory.withLock { memory in
                result.pointee.exit_status = status == 200 ? 0 : 1
                result.pointee.output = memory.text(body + "\n")
                result.pointee.errors = memory.text(status == 200 ? "" : ProbeAnswer.canary)
            }
            return TABARD_OK
        case .failure(let status, let reason):
            memory.withLock { result.pointee.failure = $0.text(reason) }
            return status
        case .hold: return hold()
        }
    }
}
