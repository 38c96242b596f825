internal import CTabard
internal import Synchronization
internal import TabardCore

/// The services of a real host: one `tabard_call_v1` for as long as it lasts.
final class CallServices: PluginServices {
    // Constant after init; the host promises that its functions may be called from any thread during the call.
    private nonisolated(unsafe) let pointer: UnsafePointer<tabard_call_v1>
    private nonisolated(unsafe) let table: tabard_call_v1
    private nonisolated(unsafe) let host: tabard_host_v1
    private let hasEnded = Atomic<Bool>(false)

    /// Reads the host's tables; nil when they are too short to be of use.
    init?(_ pointer: UnsafePointer<tabard_call_v1>?) {
        guard let pointer, let table = filledPart(of: pointer, tabard_call_v1()),
            let host = filledPart(of: table.host, tabard_host_v1())
        else { return nil }
        self.pointer = pointer
        self.table = table
        self.host = host
    }

    /// The call as its provider sees it.
    var call: PluginCall {
        // A table too short for a deadline or with none says zero: then there is none.
        PluginCall(
            deadline: table.deadline_ns == 0 ? .max : table.deadline_ns, isOneShot: table.flags & UInt32(TABARD_CALL_ONE_SHOT) != 0,
            services: self)
    }

    /// The call returns to the host: whoever still holds the services gets failures instead of freed memory.
    func end() { hasEnded.store(true, ordering: .releasing) }

    var monotonicNanoseconds: Int64 { host.monotonic_ns?(table.host) ?? 0 }
    var unixTime: UTCTime { UTCTime(unixNanoseconds: host.unix_time_ns?(table.host) ?? 0) }

    var isCancelled: Bool {
        if hasEnded.load(ordering: .acquiring) { return true }
        return table.is_cancelled.map { $0(pointer) != 0 } ?? false
    }

    func keeps(_ level: LogLevel) -> Bool {
        host.log_enabled.map { $0(table.host, level.boundaryLevel) != 0 } ?? true
    }

    func log(_ level: LogLevel, _ text: String) {
        guard let log = host.log else { return }
        let arena = ArgumentArena()
        let line = arena.string(text)
        log(table.host, level.boundaryLevel, line.ptr, line.len)
    }

    func sleep(until moment: Int64) throws(Failure) {
        let attempting = "waiting"
        try refuseAfterEnd(attempting)
        guard let sleep = table.sleep_until else {
            throw Failure(.unsupported, attempting: attempting, reason: "this host cannot wait", advice: "use a newer host")
        }
        let status = sleep(pointer, moment)
        guard !status.isFailure else {
            throw Failure(Failure.code(of: status), attempting: attempting, reason: Self.reason(of: status))
        }
    }

    func http(_ request: PluginHTTPRequest) throws(Failure) -> PluginHTTPResponse {
        let attempting = "sending \(request.method)"
        let subject = WebURL.redacting(request.url)
        try refuseAfterEnd(attempting)
        let id = TABARD_EXT_HTTP
        let found = host.get_extension.flatMap { get in id.withCString { get(table.host, $0, id.utf8.count) } }
        guard let found, let perform = filledPart(of: found.assumingMemoryBound(to: tabard_http_v1.self), tabard_http_v1())?.perform else {
            throw Failure(
                .unsupported, attempting: attempting, on: subject, reason: "this host offers no HTTP (\(id))",
                advice: "use a host that does: provider-exec and tabard do")
        }
        let arena = ArgumentArena()
        var message = tabard_http_request_v1()
        message.struct_size = UInt32(MemoryLayout<tabard_http_request_v1>.size)
        message.flags = request.isMetadata ? UInt32(TABARD_HTTP_METADATA) : 0
        message.method = arena.string(request.method)
        message.url = arena.string(request.url)
        message.headers = arena.pairs(request.headers)
        message.body = arena.string(request.body)
        // Zero means "only the call's deadline", so that no time at all must not become zero.
        message.timeout_ns = request.timeout.map { max(1, $0.wholeNanoseconds) } ?? 0
        message.max_body = request.maximumBody.map { UInt64(max(1, $0)) } ?? 0
        var answer = tabard_http_response_v1()
        answer.struct_size = UInt32(MemoryLayout<tabard_http_response_v1>.size)
        let status = perform(pointer, &message, &answer)
        guard !status.isFailure else {
            let said = (try? answer.failure.text("the reason of a failed HTTP exchange")) ?? ""
            throw Failure(
                Failure.code(of: status), attempting: attempting, on: subject, reason: said.isEmpty ? Self.reason(of: status) : said)
        }
        guard (100...999).contains(answer.status) else {
            throw Failure(
                .internalFault, attempting: attempting, on: subject, reason: "the host gave an answer with status \(answer.status)")
        }
        var headers: [(name: String, value: String)] = []
        for pair in try answer.headers.pairs("header fields of an HTTP answer") {
            // A field that is not text is nothing that a provider asks for.
            guard let name = try? pair.key.text("a header name"), let value = try? pair.value.text("a header value") else { continue }
            headers.append((name, value))
        }
        // The body is as long as the host's limit and `maximumBody` allow; it need not be text.
        let body = UnsafeRawBufferPointer(start: answer.body.ptr, count: answer.body.ptr == nil ? 0 : answer.body.len)
        return PluginHTTPResponse(status: Int(answer.status), headers: headers, body: Secret(copying: body))
    }

    private func refuseAfterEnd(_ attempting: String) throws(Failure) {
        guard !hasEnded.load(ordering: .acquiring) else {
            throw Failure(
                .internalFault, attempting: attempting, reason: "the call that this belongs to has ended",
                advice: "keep no PluginCall after init or provide returned")
        }
    }

    private static func reason(of status: tabard_status) -> String {
        switch status {
        case TABARD_E_CANCELLED: "the work was cancelled"
        case TABARD_E_DEADLINE: "the time was too short"
        case TABARD_E_UNAVAILABLE: "the other side cannot be reached"
        case TABARD_E_BAD_RESPONSE: "the answer is not HTTP or is cut short"
        case TABARD_E_TOO_LARGE: "over a limit of the host"
        case TABARD_E_INVALID: "the host refused it as malformed"
        default: "the host answered with status \(status.rawValue)"
        }
    }
}

extension CallServices {
    /// Emits the reply, entry by entry.
    func emit(_ reply: ProviderReply) throws(Failure) {
        guard let add = table.add_auth else {
            throw Failure(.unsupported, attempting: "handing over credentials", reason: "this host takes none", advice: "use a newer host")
        }
        for entry in reply.entries {
            guard entry.kind == .basic else {
                throw Failure(
                    .unsupported, attempting: "handing over credentials", on: entry.pattern,
                    reason: "only user names and passwords can pass, not \(entry.kind.rawValue)")
            }
            let arena = ArgumentArena()
            var auth = tabard_auth_v1()
            auth.struct_size = UInt32(MemoryLayout<tabard_auth_v1>.size)
            auth.kind = TABARD_AUTH_BASIC
            auth.registry = arena.string(entry.pattern)
            auth.username = arena.string(entry.username)
            auth.password = arena.string(entry.password)
            let isText = entry.password.withBytes(\.isText)
            guard isText, !entry.username.utf8.contains(0), !entry.pattern.utf8.contains(0) else {
                throw Failure(
                    .badResponse, attempting: "handing over credentials", on: entry.pattern,
                    reason: "they are not UTF-8 or have a NUL in them")
            }
            let status = add(pointer, &auth)
            guard !status.isFailure else {
                throw Failure(
                    status == TABARD_E_INVALID ? .internalFault : Failure.code(of: status), attempting: "handing over credentials",
                    on: entry.pattern,
                    reason: status == TABARD_E_INVALID ? "the host refused the entry as malformed or doubled" : Self.reason(of: status))
            }
        }
        try emitLifetime(of: reply)
    }

    private func emitLifetime(of reply: ProviderReply) throws(Failure) {
        let expiries = ([reply.expires] + reply.entries.map(\.expires)).compactMap(\.self)
        guard let set = table.set_cache, reply.scope != nil || reply.duration != nil || reply.refresh != nil || !expiries.isEmpty else {
            return
        }
        var cache = tabard_cache_v1()
        cache.struct_size = UInt32(MemoryLayout<tabard_cache_v1>.size)
        cache.key =
            switch reply.scope {
            case nil: TABARD_CACHE_KEY_UNSET
            case .image: TABARD_CACHE_KEY_IMAGE
            case .registry: TABARD_CACHE_KEY_REGISTRY
            case .global: TABARD_CACHE_KEY_GLOBAL
            }
        cache.duration_ns = reply.duration.map { max(0, $0.wholeNanoseconds) } ?? -1
        cache.expires_at_unix_ns = expiries.min()?.unixNanoseconds ?? 0
        cache.refresh_at_unix_ns = reply.refresh?.unixNanoseconds ?? 0
        let status = set(pointer, &cache)
        guard !status.isFailure else {
            throw Failure(.internalFault, attempting: "saying how long credentials last", reason: Self.reason(of: status))
        }
    }

    /// Explains `failure` to the host, and gives the status to return.
    func report(_ failure: Failure) -> tabard_status {
        let status = failure.status
        guard let set = table.set_error else { return status }
        let arena = ArgumentArena()
        var error = tabard_error_v1()
        error.struct_size = UInt32(MemoryLayout<tabard_error_v1>.size)
        error.status = status
        error.http_status = Int32(clamping: failure.httpStatus ?? 0)
        error.retry_after_ns = failure.retryAfter.map { max(0, $0.wholeNanoseconds) } ?? -1
        var message = failure.attempting
        if !failure.subject.isEmpty { message += " (\(failure.subject))" }
        message += ": \(failure.reason)"
        error.message = arena.string(message.escapingControlCharacters())
        if !failure.advice.isEmpty { error.advice = arena.string(failure.advice.escapingControlCharacters()) }
        set(pointer, &error)
        return status
    }
}

extension LogLevel {
    /// The boundary has no verbosities: what klog shows from 4 on is for developers.
    fileprivate var boundaryLevel: tabard_log_level {
        switch self {
        case .error: TABARD_LOG_ERROR
        case .warning: TABARD_LOG_WARN
        case .info(let verbosity): verbosity < 4 ? TABARD_LOG_INFO : TABARD_LOG_DEBUG
        }
    }
}
