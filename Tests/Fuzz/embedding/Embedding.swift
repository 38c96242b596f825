import CTabard
import CTabardHost
import Glibc
import TabardLibrary

/// One handle for all inputs: without plugins, docker configuration or network. Unsafe in name alone: a handle may be used from any
/// thread, and this one is never closed.
private nonisolated(unsafe) let handle: OpaquePointer? = {
    // Before any thread: nothing of this machine is read.
    for name in ["TABARD_PLUGIN_PATH", "DOCKER_CONFIG", "HOME", "XDG_RUNTIME_DIR"] { setenv(name, "/nonexistent", 1) }
    var options = tabard_open_options_v1()
    options.struct_size = UInt32(MemoryLayout<tabard_open_options_v1>.size)
    options.flags = UInt32(TABARD_OPEN_NO_REFRESH)
    var opened: OpaquePointer?
    require(tabard_open_v1(&options, nil, &opened) == TABARD_OK, "a handle without anything opens")
    return opened
}()

/// What an embedder may hand to the library: whatever it is, it is answered with a status and read no further than it says.
func fuzz(_ input: UnsafeRawBufferPointer) {
    let arguments = CArguments(input)
    var sink = tabard_sink_v1()
    sink.struct_size = UInt32(MemoryLayout<tabard_sink_v1>.size)
    sink.entry = { _, entry in
        guard let entry = entry?.pointee else { return require(false, "an entry that is none") }
        require(entry.registry.len > 0 && entry.id == 0, "an entry from a pull secret")
    }
    sink.problem = { _, problem in require((problem?.pointee.message.len ?? 0) > 0, "a problem without words") }
    switch arguments.byte() % 3 {
    case 0:
        var options = tabard_open_options_v1()
        options.struct_size = arguments.size(of: tabard_open_options_v1.self)
        options.flags = UInt32(arguments.byte() % 8)
        options.plugin_dirs = arguments.texts()
        options.config_text = arguments.text()
        options.docker_config = arguments.text()
        options.application = arguments.text()
        var opened: OpaquePointer?
        let status = tabard_open_v1(&options, &sink, &opened)
        require((status == TABARD_OK) == (opened != nil), "a handle without success, or the other way")
        require(tabard_close_v1(opened) == TABARD_OK, "closing")
    case 1:
        var query = query(arguments)
        _ = tabard_resolve_v1(handle, &query, &sink)
    default:
        var query = query(arguments)
        var text = tabard_text_sink_v1()
        text.struct_size = arguments.size(of: tabard_text_sink_v1.self)
        text.text = { _, text, length in require(text != nil && length > 0, "an explanation without words") }
        _ = tabard_explain_v1(handle, &query, &text)
        _ = tabard_invalidate_v1(handle, UInt64(bitPattern: arguments.number()))
    }
}

private func query(_ arguments: CArguments) -> tabard_query_v1 {
    var query = tabard_query_v1()
    query.struct_size = arguments.size(of: tabard_query_v1.self)
    query.flags = UInt32(arguments.byte() / 250)
    query.image = arguments.text()
    query.pull_secrets = arguments.texts()
    query.service_account_token = arguments.text()
    query.service_account_annotations = arguments.pairs()
    query.identity = arguments.text()
    query.timeout_ns = arguments.number()
    query.cancel_fd = -Int32(arguments.byte() % 3)
    return query
}
