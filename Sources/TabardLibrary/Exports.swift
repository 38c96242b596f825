public import CTabard
public import CTabardHost
import TabardCore
import TabardHost

// The functions of tabard_host.h. Each reads and checks what it was given before it does anything; what is wrong is told to the sink where
// there is one that can be trusted.

/// Opens a handle.
@c @implementation
public func tabard_open_v1(
    _ options: UnsafePointer<tabard_open_options_v1>!, _ problems: UnsafePointer<tabard_sink_v1>!,
    _ handle: UnsafeMutablePointer<OpaquePointer?>!
) -> tabard_status {
    handle?.pointee = nil
    return reporting(to: problems, "tabard_open_v1") { sink throws(Failure) in
        let check = ArgumentCheck(function: "tabard_open_v1")
        guard let handle else { throw check.wrong("handle", "is NULL") }
        guard let options else { throw check.wrong("options", "is NULL") }
        let made = try LibraryHandle(options)
        made.sayProblems(to: sink)
        handle.pointee = OpaquePointer(Unmanaged.passRetained(made).toOpaque())
        return TABARD_OK
    }
}

/// Asks for the entries of an image.
@c @implementation
public func tabard_resolve_v1(
    _ handle: OpaquePointer!, _ query: UnsafePointer<tabard_query_v1>!, _ sink: UnsafePointer<tabard_sink_v1>!
) -> tabard_status {
    with(handle) { host in
        reporting(to: sink, "tabard_resolve_v1") { answers throws(Failure) in
            guard sink != nil else { throw ArgumentCheck(function: "tabard_resolve_v1").wrong("sink", "is NULL") }
            return host.resolve(try Query(query, for: "tabard_resolve_v1"), into: answers)
        }
    }
}

/// Reports a refused entry.
@c @implementation
public func tabard_invalidate_v1(_ handle: OpaquePointer!, _ entry_id: UInt64) -> tabard_status {
    with(handle) { $0.invalidate(entry_id) }
}

/// Explains an image.
@c @implementation
public func tabard_explain_v1(
    _ handle: OpaquePointer!, _ query: UnsafePointer<tabard_query_v1>!, _ json: UnsafePointer<tabard_text_sink_v1>!
) -> tabard_status {
    with(handle) { host in
        giving(to: json, "tabard_explain_v1") { () throws(Failure) in host.explain(try Query(query, for: "tabard_explain_v1")) }
    }
}

/// Gives the counters.
@c @implementation
public func tabard_metrics_v1(_ handle: OpaquePointer!, _ openmetrics: UnsafePointer<tabard_text_sink_v1>!) -> tabard_status {
    with(handle) { host in giving(to: openmetrics, "tabard_metrics_v1") { () throws(Failure) in host.metrics } }
}

/// Reads the configuration again.
@c @implementation
public func tabard_reload_v1(_ handle: OpaquePointer!, _ problems: UnsafePointer<tabard_sink_v1>!) -> tabard_status {
    with(handle) { host in
        reporting(to: problems, "tabard_reload_v1") { sink throws(Failure) in
            try host.reload()
            host.sayProblems(to: sink)
            return TABARD_OK
        }
    }
}

/// Closes a handle.
@c @implementation
public func tabard_close_v1(_ handle: OpaquePointer!) -> tabard_status {
    guard let handle else { return TABARD_OK }
    let reference = Unmanaged<LibraryHandle>.fromOpaque(UnsafeRawPointer(handle))
    let status = reference.takeUnretainedValue().close()
    if status == TABARD_OK { reference.release() }
    return status
}

private func with(_ handle: OpaquePointer?, _ body: (LibraryHandle) -> tabard_status) -> tabard_status {
    guard let handle else { return TABARD_E_INVALID }
    let host = Unmanaged<LibraryHandle>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
    return host.call { body(host) }
}

private func reporting(
    to problems: UnsafePointer<tabard_sink_v1>?, _ function: String, _ body: (Sink) throws(Failure) -> tabard_status
) -> tabard_status {
    let sink: Sink
    do throws(Failure) { sink = try Sink(problems, for: function) } catch { return TABARD_E_INVALID }
    do throws(Failure) {
        return try body(sink)
    } catch {
        sink.say(error)
        return tabard_status(error.code)
    }
}

private func giving(
    to sink: UnsafePointer<tabard_text_sink_v1>?, _ function: String, _ text: () throws(Failure) -> String
) -> tabard_status {
    let check = ArgumentCheck(function: function)
    do throws(Failure) {
        guard let sink else { throw check.wrong("sink", "is NULL") }
        try check.size(sink.pointee.struct_size, MemoryLayout<tabard_text_sink_v1>.size, of: "tabard_text_sink_v1")
        try check.zero(sink.pointee.reserved, "reserved")
        guard let take = sink.pointee.text else { throw check.wrong("text", "is NULL") }
        var text = try text()
        text.withUTF8 { bytes in bytes.withMemoryRebound(to: CChar.self) { take(sink.pointee.data, $0.baseAddress, $0.count) } }
        return TABARD_OK
    } catch {
        return tabard_status(error.code)
    }
}
