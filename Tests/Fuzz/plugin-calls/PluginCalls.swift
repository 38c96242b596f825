import CTabard
import TabardCore
import TabardHTTP
@testable import TabardHost
import TabardSystem

private struct NoHTTP: HTTPExchanging {
    func perform(_ request: HTTPRequest, until deadline: Int64, cancellation: Cancellation?) throws(Failure) -> HTTPResponse {
        throw Failure(.unavailable, attempting: "connecting", reason: "no network here")
    }
}

private let services = HostServices(name: "fuzz", version: "1", http: NoHTTP(), clocks: SystemClocks(), log: .silent)
private let host = services.table(for: "fuzz.so", trust: .ownersOnly)

/// What a plugin may hand to its host during one call, in any order: whatever the host takes keeps the rules that readers of replies
/// rely on, and nothing is read beyond its length.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let arguments = CArguments(input)
    let state = CallState(
        provider: "fuzz", context: PluginContext(plugin: "fuzz.so", services: services), phase: .provide, deadline: .max,
        cancellation: Cancellation(), isOneShot: false)
    let status = state.run(host: host.pointer) { call in
        for _ in 0..<20 where !arguments.isEmpty { emit(arguments, call) }
        return arguments.byte() < 128 ? TABARD_OK : tabard_status(rawValue: Int32(Int8(bitPattern: arguments.byte())))
    }
    do throws(Failure) {
        let reply = try state.reply(status, image: "r.example/app")
        require(reply.entries.count <= 256, "more entries than a reply may have")
        require(Set(reply.entries.map(\.pattern)).count == reply.entries.count, "a registry stands twice")
        for entry in reply.entries {
            require((try? ImagePattern(entry.pattern)) != nil, "an entry for nothing")
            require(!entry.username.contains(":") && !entry.username.contains("\0"), "a user name that HTTP Basic cannot carry")
            require(entry.password.withBytes { !$0.isEmpty && !$0.contains(0) }, "a password that nothing can carry")
        }
        require((reply.duration ?? .zero) >= .zero, "a negative lifetime")
    } catch {
        require(isPrintable(error.description), "a failure that is no plain line")
    }
}

private func emit(_ arguments: CArguments, _ call: UnsafePointer<tabard_call_v1>) {
    switch arguments.byte() % 5 {
    case 0:
        var auth = tabard_auth_v1()
        auth.struct_size = arguments.size(of: tabard_auth_v1.self)
        auth.kind = arguments.byte() < 240 ? TABARD_AUTH_BASIC : tabard_auth_kind(rawValue: numericCast(arguments.byte()))
        auth.registry = arguments.text()
        auth.username = arguments.text()
        auth.password = arguments.text()
        _ = call.pointee.add_auth(call, &auth)
    case 1:
        var cache = tabard_cache_v1()
        cache.struct_size = arguments.size(of: tabard_cache_v1.self)
        cache.key = tabard_cache_key(rawValue: numericCast(arguments.byte() % 6))
        cache.duration_ns = arguments.number()
        cache.expires_at_unix_ns = arguments.number()
        cache.refresh_at_unix_ns = arguments.number()
        _ = call.pointee.set_cache(call, &cache)
    case 2:
        var error = tabard_error_v1()
        error.struct_size = arguments.size(of: tabard_error_v1.self)
        error.status = tabard_status(rawValue: Int32(Int8(bitPattern: arguments.byte())))
        error.http_status = Int32(truncatingIfNeeded: arguments.number())
        error.retry_after_ns = arguments.number()
        error.message = arguments.text()
        error.advice = arguments.text()
        _ = call.pointee.set_error(call, &error)
    case 3:
        var request = tabard_http_request_v1()
        request.struct_size = arguments.size(of: tabard_http_request_v1.self)
        request.flags = UInt32(arguments.byte() % 3)
        request.method = arguments.text()
        request.url = arguments.text()
        request.headers = arguments.pairs()
        request.body = arguments.text()
        request.timeout_ns = arguments.number()
        request.max_body = UInt64(bitPattern: arguments.number())
        var response = tabard_http_response_v1()
        response.struct_size = arguments.size(of: tabard_http_response_v1.self)
        let status = HTTPExtension.table.pointer.pointee.perform(call, &request, &response)
        require(status.rawValue < 0, "an exchange without a network")
    default:
        var request = tabard_process_request_v1()
        request.struct_size = arguments.size(of: tabard_process_request_v1.self)
        request.flags = UInt32(arguments.byte() % 3)
        // Nothing is started: a path that the input could name is never one of a program.
        let path = arguments.text()
        let isHarmless = path.ptr.map { $0.pointee != CChar(UInt8(ascii: "/")) } ?? true
        request.path = isHarmless ? path : tabard_str()
        request.arguments = arguments.texts()
        request.environment = arguments.pairs()
        request.input = arguments.text()
        request.timeout_ns = arguments.number()
        request.max_output = UInt64(bitPattern: arguments.number())
        var result = tabard_process_result_v1()
        result.struct_size = arguments.size(of: tabard_process_result_v1.self)
        let status = ProcessExtension.table.pointer.pointee.run(call, &request, &result)
        require(status.rawValue < 0, "a program that has no path")
    }
}
