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
    if arguments.byte() == 255 { return describe(arguments) }
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
    switch arguments.byte() % 6 {
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
    case 4:
        var request = tabard_process_request_v1()
        request.struct_size = arguments.size(of: tabard_process_request_v1.self)
        request.flags = UInt32(arguments.byte() % 3)
        request.path = arguments.text()
        request.arguments = arguments.texts()
        request.environment = arguments.pairs()
        request.input = arguments.text()
        request.timeout_ns = arguments.number()
        request.max_output = UInt64(bitPattern: arguments.number())
        // Read only: nothing is started.
        if let order = try? ProcessExtension.order(request) { check(order) }
        // A path that the input could name is never one of a program.
        request.path = tabard_str()
        var result = tabard_process_result_v1()
        result.struct_size = arguments.size(of: tabard_process_result_v1.self)
        let status = ProcessExtension.table.pointer.pointee.run(call, &request, &result)
        require(status.rawValue < 0, "a program that has no path")
    default:
        let id = arguments.text()
        let found = call.pointee.host.pointee.get_extension(call.pointee.host, id.ptr, arguments.byte() < 250 ? id.len : -1)
        require(found == nil || id.len > 8, "an extension without a name")
    }
}

private func check(_ order: ProcessExtension.Order) {
    require(order.command.path.hasPrefix("/"), "a search path is asked")
    require(order.maximumOutput > 0 && order.maximumOutput <= 4 << 20, "output without a bound")
    let words = [order.command.path] + order.command.arguments + order.command.environment.flatMap { [$0.key, $0.value] }
    require(words.allSatisfy { !$0.utf8.contains(0) }, "a word that ends early")
    require(order.command.environment.keys.allSatisfy { !$0.isEmpty && !$0.contains("=") }, "a variable without a name")
}

/// What a plugin may say about a provider.
private func describe(_ arguments: CArguments) {
    var provider = tabard_provider_v1()
    provider.struct_size = arguments.size(of: tabard_provider_v1.self)
    provider.flags = UInt32(arguments.byte())
    provider.id = arguments.text()
    provider.title = arguments.text()
    provider.match_images = arguments.texts()
    let settings = arguments.list {
        tabard_setting(
            key: arguments.text(), doc: arguments.text(), kind: Int32(Int8(bitPattern: arguments.byte())), flags: UInt32(arguments.byte()))
    }
    provider.settings = tabard_setting_list(items: settings.items, count: settings.count)
    provider.create = { _, _, _, _ in TABARD_OK }
    provider.destroy = { _ in }
    provider.provide = { _, _, _ in TABARD_OK }
    do throws(CText.Fault) {
        let description = try withUnsafePointer(to: provider) { (pointer) throws(CText.Fault) in try ProviderTable(pointer) }.description
        require((1...63).contains(description.id.utf8.count) && isPrintable(description.id), "an id that is none")
        require(!description.title.isEmpty && description.settings.allSatisfy { !$0.key.isEmpty && !$0.doc.isEmpty }, "an empty text")
    } catch {
        require(error.reason.hasPrefix("has "), "a refusal without words")
    }
}
