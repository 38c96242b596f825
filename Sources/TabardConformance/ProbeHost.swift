import CTabard
import TabardCore
import TabardSystem

/// A host made for one check: real enough for a plugin, and able to be of another version, to offer nothing and to answer badly.
final class ProbeHost: Sendable {
    /// How it differs from the usual host.
    struct Shape: Sendable {
        /// The minor version that it claims.
        var minor = UInt32(TABARD_ABI_MINOR)
        /// How many bytes that mean nothing stand behind each struct, within its size.
        var tail = 0
        /// Flags that no plugin knows, in requests and calls.
        var unknownFlags: UInt32 = 0
        /// Whether there are HTTP and child processes.
        var offersExtensions = true
        /// What becomes of memory after a call.
        var memory = ProbeMemory.Kind.kept
        /// Whether `sleep_until` waits; else the host's clocks jump.
        var isPatient = false
    }

    let shape: Shape
    /// What an exchange, or a program, is answered.
    let answer: ProbeAnswer
    /// Everything that the plugin logged.
    let lines = Monitor<[String]>([])
    /// How far the clocks are ahead of the machine's.
    private let ahead = Monitor<Int64>(0)
    private let tables = Monitor<Tables?>(nil)

    private struct Tables: @unchecked Sendable {
        // Written once, in `init`, before anybody else sees them; never freed.
        let host: UnsafePointer<tabard_host_v1>
        let http: UnsafePointer<tabard_http_v1>
        let process: UnsafePointer<tabard_process_v1>
    }

    init(_ shape: Shape = Shape(), answer: ProbeAnswer = .plentiful) {
        self.shape = shape
        self.answer = answer
        let memory = ProbeMemory(shape.memory == .guarded ? .guarded : .kept)
        var host = tabard_host_v1()
        host.struct_size = UInt32(MemoryLayout<tabard_host_v1>.size + shape.tail)
        host.abi_minor = shape.minor
        // Never released: a plugin may keep the table until the process ends.
        host.host_data = Unmanaged.passRetained(self).toOpaque()
        host.name = memory.text("tabard-check")
        host.version = memory.text(Release.version)
        host.log = { host, level, text, length in
            let line = String(decoding: UnsafeRawBufferPointer(start: text, count: text == nil ? 0 : min(length, 1 << 20)), as: UTF8.self)
            ProbeHost.of(host)?.lines.withLock { if $0.count < 10_000 { $0.append(line) } }
        }
        host.log_enabled = { _, _ in 1 }
        host.monotonic_ns = { ProbeHost.of($0)?.now ?? 0 }
        host.unix_time_ns = { host in SystemClocks().unixNanoseconds + (ProbeHost.of(host)?.ahead.read { $0 } ?? 0) }
        host.get_extension = { host, id, length in ProbeHost.of(host)?.table(named: id, length) }
        var http = tabard_http_v1()
        http.struct_size = UInt32(MemoryLayout<tabard_http_v1>.size + shape.tail)
        http.perform = { ProbeCall.of($0)?.perform($1, $2) ?? TABARD_E_INVALID }
        var process = tabard_process_v1()
        process.struct_size = UInt32(MemoryLayout<tabard_process_v1>.size + shape.tail)
        process.run = { ProbeCall.of($0)?.run($1, $2) ?? TABARD_E_INVALID }
        let made = Tables(
            host: memory.value(host, tail: shape.tail), http: memory.value(http, tail: shape.tail),
            process: memory.value(process, tail: shape.tail))
        tables.withLock { $0 = made }
    }

    /// The table.
    var pointer: UnsafePointer<tabard_host_v1> {
        // Set in `init`.
        tables.read { $0.unsafelyUnwrapped.host }
    }

    /// Nanoseconds on this host's monotonic clock.
    var now: Int64 { SystemClocks().monotonicNanoseconds + ahead.read { $0 } }

    /// The clocks jump to `moment`.
    func jump(to moment: Int64) { ahead.withLock { $0 = max($0, moment - SystemClocks().monotonicNanoseconds) } }

    static func of(_ host: UnsafePointer<tabard_host_v1>?) -> ProbeHost? {
        guard let data = host?.pointee.host_data else { return nil }
        return Unmanaged<ProbeHost>.fromOpaque(data).takeUnretainedValue()
    }

    private func table(named id: UnsafePointer<CChar>?, _ length: Int) -> UnsafeRawPointer? {
        guard shape.offersExtensions, let id, let tables = tables.read({ $0 }) else { return nil }
        let name = UnsafeRawBufferPointer(start: id, count: length)
        if name.elementsEqual(TABARD_EXT_HTTP.utf8) { return UnsafeRawPointer(tables.http) }
        return name.elementsEqual(TABARD_EXT_PROCESS.utf8) ? UnsafeRawPointer(tables.process) : nil
    }
}
