import CTabard
import TabardCore
import TabardSystem

/// What a plugin emits, copied and checked. Everything that is refused is named precisely, in the log and in the failure of the call.
extension CallState {
    static let longestPattern = 1024
    static let longestUsername = 4096
    /// Registry tokens are a few KiB; nothing that goes into an Authorization header is near this.
    static let longestPassword = 65_536
    static let mostEntries = 256

    /// `add_auth`: one set of credentials.
    func addAuth(_ auth: UnsafePointer<tabard_auth_v1>?) -> tabard_status {
        let status = take(auth)
        if !status.isOK { emitted.withLock { $0.hasLostEntry = true } }
        return status
    }

    private func take(_ auth: UnsafePointer<tabard_auth_v1>?) -> tabard_status {
        guard let auth else { return refuse("add_auth got NULL") }
        let size = UnsafeRawPointer(auth).load(as: UInt32.self)
        guard size >= MemoryLayout<tabard_auth_v1>.size else {
            return refuse("add_auth got a tabard_auth_v1 of \(size) bytes, the first version has \(MemoryLayout<tabard_auth_v1>.size)")
        }
        let phase = emitted.withLock { $0.phase }
        guard phase == .provide else { return refuse("add_auth was called in \(phase.rawValue)(), only provide() may") }
        guard auth.pointee.kind == TABARD_AUTH_BASIC else {
            return refuse("add_auth got the unknown kind \(auth.pointee.kind.rawValue)", status: TABARD_E_UNSUPPORTED)
        }
        var field = "registry"
        do throws(CText.Fault) {
            let pattern = try CText.required(auth.pointee.registry, limit: Self.longestPattern)
            do throws(Failure) {
                _ = try ImagePattern(pattern)
            } catch {
                throw CText.Fault("is not a pattern: \(error.reason)")
            }
            field = "username"
            let username = try CText.optional(auth.pointee.username, limit: Self.longestUsername) ?? ""
            // RFC 7617 section 2: the first colon ends the user-id.
            guard !username.contains(":") else { throw CText.Fault("contains a colon, which HTTP Basic cannot carry") }
            field = "password"
            let password = try Self.secret(auth.pointee.password)
            let entry = AuthEntry(
                pattern: pattern, username: username, password: password, origin: Origin(.plugin, provider))
            return add(entry)
        } catch {
            return refuse("add_auth: \(field) \(error.reason)")
        }
    }

    private func add(_ entry: AuthEntry) -> tabard_status {
        let refusal: (String, tabard_status)? = emitted.withLock { emitted in
            guard !emitted.reply.entries.contains(where: { $0.pattern == entry.pattern }) else {
                return ("add_auth: the registry \(entry.pattern) was emitted twice", TABARD_E_INVALID)
            }
            guard emitted.reply.entries.count < Self.mostEntries else {
                return ("add_auth: more than \(Self.mostEntries) entries", TABARD_E_TOO_LARGE)
            }
            emitted.reply.entries.append(entry)
            return nil
        }
        guard let refusal else { return TABARD_OK }
        return refuse(refusal.0, status: refusal.1)
    }

    private static func secret(_ text: tabard_str) throws(CText.Fault) -> Secret {
        guard let bytes = try CText.bytes(text, limit: longestPassword) else { throw CText.Fault("is absent") }
        guard !bytes.isEmpty else { throw CText.Fault("is empty") }
        guard !bytes.contains(0) else { throw CText.Fault("contains a NUL byte") }
        guard CText.isUTF8(bytes) else { throw CText.Fault("is not UTF-8") }
        return Secret(copying: bytes)
    }

    /// `set_cache`: how long and how widely the reply holds.
    func setCache(_ cache: UnsafePointer<tabard_cache_v1>?) -> tabard_status {
        guard let cache else { return refuse("set_cache got NULL") }
        let size = UnsafeRawPointer(cache).load(as: UInt32.self)
        guard size >= MemoryLayout<tabard_cache_v1>.size else {
            return refuse("set_cache got a tabard_cache_v1 of \(size) bytes, the first version has \(MemoryLayout<tabard_cache_v1>.size)")
        }
        let (phase, isSecond) = emitted.withLock { ($0.phase, $0.hasCache) }
        guard phase == .provide else { return refuse("set_cache was called in \(phase.rawValue)(), only provide() may") }
        guard !isSecond else { return refuse("set_cache was called twice") }
        let values = cache.pointee
        if let complaint = complaint(about: values) {
            // Should the plugin go on regardless, nobody knows how long its answer holds: good for this use only.
            emitted.withLock { $0.reply.duration = .zero }
            return refuse("set_cache: \(complaint)")
        }
        emitted.withLock { emitted in
            emitted.hasCache = true
            emitted.reply.scope =
                switch values.key {
                case TABARD_CACHE_KEY_REGISTRY: .registry
                case TABARD_CACHE_KEY_GLOBAL: .global
                // Unset, and numbers that nobody has defined: the narrowest.
                default: .image
                }
            emitted.reply.duration = values.duration_ns < 0 ? nil : .nanoseconds(values.duration_ns)
            emitted.reply.expires = Self.time(values.expires_at_unix_ns)
            emitted.reply.refresh = Self.time(values.refresh_at_unix_ns)
        }
        return TABARD_OK
    }

    /// Times and durations that can only be a mistake, most often of the unit.
    private func complaint(about cache: tabard_cache_v1) -> String? {
        let second: Int64 = 1_000_000_000
        let now = clocks.unixNanoseconds
        guard cache.duration_ns >= -1 else { return "duration_ns is \(cache.duration_ns); TABARD_DURATION_UNSET is -1" }
        guard cache.duration_ns <= 0 || cache.duration_ns >= second else {
            return "duration_ns is \(cache.duration_ns), under a second; the unit is nanoseconds"
        }
        guard cache.expires_at_unix_ns >= 0, cache.refresh_at_unix_ns >= 0 else { return "a time before 1970" }
        if let expires = Self.time(cache.expires_at_unix_ns), cache.expires_at_unix_ns <= now {
            // Seconds, milliseconds or microseconds taken for nanoseconds lie in the first months of 1970.
            let hint = cache.expires_at_unix_ns < now / 100
            return "expires_at_unix_ns is in the past (\(expires.rfc3339))" + (hint ? "; the unit is nanoseconds" : "")
        }
        if let refresh = Self.time(cache.refresh_at_unix_ns), cache.expires_at_unix_ns > 0,
            cache.refresh_at_unix_ns > cache.expires_at_unix_ns
        {
            return "refresh_at_unix_ns (\(refresh.rfc3339)) is after expires_at_unix_ns"
        }
        return nil
    }

    private static func time(_ unixNanoseconds: Int64) -> UTCTime? {
        unixNanoseconds == 0 ? nil : UTCTime(unixNanoseconds: unixNanoseconds)
    }

    /// `set_error`: why the call is about to fail. The last one counts.
    func setError(_ error: UnsafePointer<tabard_error_v1>?) {
        guard let error else { return context.log(.error, "set_error got NULL; ignored") }
        let size = UnsafeRawPointer(error).load(as: UInt32.self)
        guard size >= MemoryLayout<tabard_error_v1>.size else {
            return context.log(.error, "set_error got a tabard_error_v1 of \(size) bytes; ignored")
        }
        let values = error.pointee
        let said = PluginError(
            message: CText.lossy(values.message.ptr, values.message.len, limit: 2048),
            advice: CText.lossy(values.advice.ptr, values.advice.len, limit: 2048),
            httpStatus: (100...599).contains(values.http_status) ? Int(values.http_status) : nil,
            retryAfter: values.retry_after_ns < 0 ? nil : .nanoseconds(values.retry_after_ns))
        emitted.withLock { $0.error = said }
    }
}
