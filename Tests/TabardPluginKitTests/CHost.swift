import CTabard

/// A host written against tabard.h alone: it drives the C tables of a plugin and keeps what the plugin does with them.
final class CHost {
    struct Emitted: Equatable {
        var registry: String
        var username: String
        var password: String
    }
    struct Explained: Equatable {
        var status: tabard_status
        var httpStatus: Int32
        var retryAfter: Int64
        var message: String
        var advice: String
    }
    struct Exchange {
        var method: String
        var url: String
        var headers: [String]
        var body: String?
        var flags: UInt32
        var timeout: Int64
        var maximumBody: UInt64
    }

    let host = UnsafeMutablePointer<tabard_host_v1>.allocate(capacity: 1)
    let call = UnsafeMutablePointer<tabard_call_v1>.allocate(capacity: 1)
    private let http = UnsafeMutablePointer<tabard_http_v1>.allocate(capacity: 1)
    private var texts: [UnsafeMutableRawBufferPointer] = []

    var lines: [String] = []
    var emitted: [Emitted] = []
    var cache: tabard_cache_v1?
    var error: Explained?
    var exchanges: [Exchange] = []
    var sleeps: [Int64] = []
    /// What perform() gives.
    var answerStatus = TABARD_OK
    var answerCode: Int32 = 200
    var answerHeaders: [([UInt8], [UInt8])] = []
    var answerBody: [UInt8] = []
    var answerFailure: String?
    /// What the other functions give.
    var addStatus = TABARD_OK
    var cacheStatus = TABARD_OK
    var sleepStatus = TABARD_OK
    var isCancelled: UInt32 = 0
    var offersHTTP = true

    init() {
        host.initialize(to: tabard_host_v1())
        call.initialize(to: tabard_call_v1())
        http.initialize(to: tabard_http_v1())
        fillHost()
        fillCall()
        http.pointee.struct_size = UInt32(MemoryLayout<tabard_http_v1>.size)
        http.pointee.perform = { call, request, response in
            guard let request, let response else { return TABARD_E_INVALID }
            return CHost.of(call)?.perform(request.pointee, &response.pointee) ?? TABARD_E_INVALID
        }
    }

    deinit {
        for text in texts { text.deallocate() }
        host.deallocate()
        call.deallocate()
        http.deallocate()
    }

    /// Nil for NULL: a plugin that passes it gets nothing, and fails its test.
    private static func of(_ call: UnsafePointer<tabard_call_v1>?) -> CHost? {
        call.map { Unmanaged<CHost>.fromOpaque($0.pointee.call_data).takeUnretainedValue() }
    }
    private static func of(_ host: UnsafePointer<tabard_host_v1>?) -> CHost? {
        host.map { Unmanaged<CHost>.fromOpaque($0.pointee.host_data).takeUnretainedValue() }
    }

    private func fillHost() {
        host.pointee.struct_size = UInt32(MemoryLayout<tabard_host_v1>.size)
        host.pointee.abi_minor = UInt32(TABARD_ABI_MINOR)
        host.pointee.host_data = Unmanaged.passUnretained(self).toOpaque()
        host.pointee.name = string("c-host")
        host.pointee.version = string("1")
        host.pointee.log = { host, level, text, length in
            CHost.of(host)?.lines.append("\(level.rawValue) \(tabard_str(ptr: text, len: length).copied ?? "")")
        }
        host.pointee.log_enabled = { _, _ in 1 }
        host.pointee.monotonic_ns = { _ in 1_000_000_000 }
        host.pointee.unix_time_ns = { _ in 1_800_000_000_000_000_000 }
        host.pointee.get_extension = { host, id, length in
            guard let owner = CHost.of(host), owner.offersHTTP else { return nil }
            return tabard_str(ptr: id, len: length).copied == TABARD_EXT_HTTP ? UnsafeRawPointer(owner.http) : nil
        }
    }

    private func fillCall() {
        call.pointee.struct_size = UInt32(MemoryLayout<tabard_call_v1>.size)
        call.pointee.flags = UInt32(TABARD_CALL_ONE_SHOT)
        call.pointee.call_data = Unmanaged.passUnretained(self).toOpaque()
        call.pointee.host = UnsafePointer(host)
        call.pointee.id = 7
        call.pointee.deadline_ns = 46_000_000_000
        call.pointee.cancel_fd = -1
        call.pointee.is_cancelled = { CHost.of($0)?.isCancelled ?? 1 }
        call.pointee.sleep_until = { call, moment in
            CHost.of(call)?.sleeps.append(moment)
            return CHost.of(call)?.sleepStatus ?? TABARD_E_INVALID
        }
        call.pointee.add_auth = { call, auth in
            guard let owner = CHost.of(call), let auth = auth?.pointee else { return TABARD_E_INVALID }
            owner.emitted.append(
                Emitted(registry: auth.registry.copied ?? "", username: auth.username.copied ?? "", password: auth.password.copied ?? ""))
            return owner.addStatus
        }
        call.pointee.set_cache = { call, cache in
            CHost.of(call)?.cache = cache?.pointee
            return CHost.of(call)?.cacheStatus ?? TABARD_E_INVALID
        }
        call.pointee.set_error = { call, error in
            guard let error = error?.pointee else { return }
            CHost.of(call)?.error = Explained(
                status: error.status, httpStatus: error.http_status, retryAfter: error.retry_after_ns, message: error.message.copied ?? "",
                advice: error.advice.copied ?? "")
        }
    }

    private func perform(_ request: tabard_http_request_v1, _ response: inout tabard_http_response_v1) -> tabard_status {
        let headers = UnsafeBufferPointer(start: request.headers.items, count: request.headers.count)
        exchanges.append(
            Exchange(
                method: request.method.copied ?? "", url: request.url.copied ?? "",
                headers: headers.map { "\($0.key.copied ?? ""): \($0.value.copied ?? "")" }, body: request.body.copied,
                flags: request.flags,
                timeout: request.timeout_ns, maximumBody: request.max_body))
        guard answerStatus == TABARD_OK else {
            response.failure = answerFailure.map { string($0) } ?? tabard_str()
            return answerStatus
        }
        response.status = answerCode
        response.headers = pairs(answerHeaders)
        response.body = string(answerBody)
        return TABARD_OK
    }

    /// Text that lives as long as the host.
    func string(_ text: String) -> tabard_str { string(Array(text.utf8)) }

    func string(_ bytes: [UInt8]) -> tabard_str {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 8)
        memory.copyBytes(from: bytes)
        texts.append(memory)
        return tabard_str(ptr: UnsafePointer(memory.bindMemory(to: CChar.self).baseAddress), len: bytes.count)
    }

    func pairs(_ pairs: [([UInt8], [UInt8])]) -> tabard_kv_list {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, pairs.count) * MemoryLayout<tabard_kv>.stride, alignment: 8)
        texts.append(memory)
        let items = memory.bindMemory(to: tabard_kv.self)
        for (index, pair) in pairs.enumerated() {
            items.initializeElement(at: index, to: tabard_kv(key: string(pair.0), value: string(pair.1)))
        }
        return tabard_kv_list(items: UnsafePointer(items.baseAddress), count: pairs.count)
    }

    func pairs(_ pairs: KeyValuePairs<String, String>) -> tabard_kv_list {
        self.pairs(pairs.map { (Array($0.key.utf8), Array($0.value.utf8)) })
    }

    /// A well-formed request.
    func request(registry: String = "registry.example", repository: String = "app") -> tabard_request_v1 {
        var request = tabard_request_v1()
        request.struct_size = UInt32(MemoryLayout<tabard_request_v1>.size)
        request.image = string("\(registry)/\(repository)")
        request.registry = string(registry)
        request.repository = string(repository)
        return request
    }
}

extension tabard_str {
    /// The text; nil for "absent".
    var copied: String? {
        ptr.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: len), as: UTF8.self) }
    }
}
