import CTabard
import CTabardHost
import TabardSystem
import TabardTestSupport
import Testing

/// Arguments that break the rules of tabard_host.h: refused with words, never a crash.
@Suite struct ArgumentTests {
    typealias OpenChange = @Sendable (inout tabard_open_options_v1, CEmbedder.Memory) -> Void
    typealias QueryChange = @Sendable (inout tabard_query_v1, CEmbedder.Memory) -> Void

    static let openCases: [(String, OpenChange)] = [
        ("struct_size of tabard_open_options_v1 is 0", { options, _ in options.struct_size = 0 }),
        ("struct_size of tabard_open_options_v1 is 103", { options, _ in options.struct_size = 103 }),
        ("flags is 8", { options, _ in options.flags = 8 }),
        ("plugin_dirs is NULL with the count 3", { options, _ in options.plugin_dirs = tabard_str_list(items: nil, count: 3) }),
        ("plugin_dirs has more than 64 elements", { options, _ in options.plugin_dirs.count = 65 }),
        ("plugin_dirs has more than 64 elements", { options, _ in options.plugin_dirs.count = -1 }),
        ("plugin_dirs[0] is absent or empty", { options, memory in options.plugin_dirs = memory.list([""]) }),
        ("config_path and config_text are both there", { options, memory in options.config_path = memory.str("/x") }),
        ("docker_config is not UTF-8", { options, memory in options.docker_config = memory.bytes([0xFF]) }),
        ("docker_config contains a NUL byte", { options, memory in options.docker_config = memory.bytes([0x2F, 0]) }),
        ("docker_config is NULL with the length 5", { options, _ in options.docker_config = tabard_str(ptr: nil, len: 5) }),
        ("application may have visible ASCII", { options, memory in options.application = memory.str("a\r\nX: y") }),
        ("application is 129 bytes long", { options, memory in options.application = memory.str(String(repeating: "a", count: 129)) }),
        ("config_text is -1 bytes long", { options, _ in options.config_text.len = -1 }),
        ("config_text:1:2", { options, memory in options.config_text = memory.str("no json") }),
        ("there is no such file", { options, memory in options.docker_config = memory.str("/nonexistent/docker") }),
    ]

    @Test(arguments: openCases.indices) func openRefuses(_ index: Int) throws {
        let (expected, change) = Self.openCases[index]
        let (handle, answer) = CEmbedder.open(plugins: ["/nonexistent"], change: change)
        #expect(handle == nil && answer.status == TABARD_E_INVALID.rawValue)
        #expect(answer.problems.count == 1 && answer.problems[0].contains(expected), "\(expected): \(answer.problems)")
    }

    static let queryCases: [(String, QueryChange)] = [
        ("struct_size of tabard_query_v1 is 4", { query, _ in query.struct_size = 4 }),
        ("flags is 1", { query, _ in query.flags = 1 }),
        ("reserved is 1", { query, _ in query.reserved = 1 }),
        ("image is absent or empty", { query, _ in query.image = tabard_str() }),
        ("image is absent or empty", { query, _ in query.image.len = 0 }),
        ("image is not UTF-8", { query, memory in query.image = memory.bytes([0xC0, 0xAF]) }),
        ("image contains a NUL byte", { query, memory in query.image = memory.bytes([0x61, 0]) }),
        ("image is \(Int.min) bytes long", { query, _ in query.image.len = .min }),
        ("image is \(Int.max) bytes long", { query, _ in query.image.len = .max }),
        ("UPPER", { query, memory in query.image = memory.str("r.io/UPPER CASE") }),
        ("identity is 4097 bytes long", { query, memory in query.identity = memory.str(String(repeating: "x", count: 4097)) }),
        ("timeout_ns is negative", { query, _ in query.timeout_ns = -1 }),
        ("cancel_fd is 100000", { query, _ in query.cancel_fd = 100_000 }),
        ("cancel_fd is -7", { query, _ in query.cancel_fd = -7 }),
        (
            "pull_secrets[0] is absent",
            { query, memory in
                query.pull_secrets = memory.list(["x"])
                UnsafeMutablePointer(mutating: query.pull_secrets.items)?.pointee = tabard_str()
            }
        ),
        ("service_account_token is not UTF-8", { query, memory in query.service_account_token = memory.bytes([0xFE]) }),
        ("service_account_annotations is NULL", { query, _ in query.service_account_annotations.count = 1 }),
    ]

    @Test func queriesAreRefused() async throws {
        try await onThread {
            let fixture = try LibraryFixture()
            let handle = try fixture.open()
            for (expected, change) in Self.queryCases {
                let answer = CEmbedder.resolve(handle, change: change)
                #expect(answer.status == TABARD_E_INVALID.rawValue && answer.entries.isEmpty, "\(expected)")
                #expect(answer.problems.count == 1 && answer.problems[0].contains(expected), "\(expected): \(answer.problems)")
            }
            #expect(tabard_close_v1(handle.pointer) == TABARD_OK)
        }
    }

    @Test func nullIsRefusedEverywhere() async throws {
        try await onThread {
            let fixture = try LibraryFixture()
            let handle = try fixture.open()
            let collector = CEmbedder.Collector()
            var sink = collector.sink
            var text = collector.textSink
            let memory = CEmbedder.Memory()
            var query = CEmbedder.query("a.fixture.test/app", memory)
            var pointer: OpaquePointer?
            #expect(tabard_open_v1(nil, &sink, &pointer) == TABARD_E_INVALID && pointer == nil)
            #expect(tabard_open_v1(nil, nil, nil) == TABARD_E_INVALID)
            #expect(tabard_resolve_v1(nil, &query, &sink) == TABARD_E_INVALID)
            #expect(tabard_resolve_v1(handle.pointer, nil, &sink) == TABARD_E_INVALID)
            #expect(tabard_resolve_v1(handle.pointer, &query, nil) == TABARD_E_INVALID)
            #expect(tabard_explain_v1(handle.pointer, nil, &text) == TABARD_E_INVALID)
            #expect(tabard_explain_v1(handle.pointer, &query, nil) == TABARD_E_INVALID)
            #expect(tabard_metrics_v1(handle.pointer, nil) == TABARD_E_INVALID)
            #expect(tabard_metrics_v1(nil, &text) == TABARD_E_INVALID)
            #expect(tabard_invalidate_v1(nil, 1) == TABARD_E_INVALID)
            #expect(tabard_reload_v1(nil, &sink) == TABARD_E_INVALID)
            #expect(tabard_reload_v1(handle.pointer, nil) == TABARD_OK)
            #expect(tabard_close_v1(nil) == TABARD_OK)
            sink.struct_size = 8
            #expect(tabard_resolve_v1(handle.pointer, &query, &sink) == TABARD_E_INVALID)
            text.text = nil
            #expect(tabard_metrics_v1(handle.pointer, &text) == TABARD_E_INVALID)
            // A sink without functions is one that wants to know the status alone.
            var bare = tabard_sink_v1()
            bare.struct_size = UInt32(MemoryLayout<tabard_sink_v1>.size)
            #expect(tabard_resolve_v1(handle.pointer, &query, &bare) == TABARD_OK)
            // A longer struct of a newer embedder is read as far as it is known.
            query.struct_size += 64
            bare.struct_size += 64
            #expect(tabard_resolve_v1(handle.pointer, &query, &bare) == TABARD_OK)
            #expect(tabard_close_v1(handle.pointer) == TABARD_OK)
            withExtendedLifetime(memory) {}
        }
    }
}
