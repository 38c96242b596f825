import CTabard
import CTabardHost
import TabardLibrary
import TabardTestSupport

/// A C embedder in a few lines: strings that live as long as a call, and sinks that collect.
enum CEmbedder {
    /// What one call said.
    struct Answer: Sendable {
        struct Entry: Sendable, Equatable {
            var id: UInt64
            var kind: Int32
            var registry: String
            var username: String
            var password: String
            var source: String
            var expires: Int64
        }
        var status: Int32 = 0
        var entries: [Entry] = []
        var problems: [String] = []
        var text: String?
    }

    /// Collects into `answer`, which the caller keeps alive.
    final class Collector {
        var answer = Answer()
        /// Runs inside of every entry callback.
        var onEntry: () -> Void = {}

        var sink: tabard_sink_v1 {
            var sink = tabard_sink_v1()
            sink.struct_size = UInt32(MemoryLayout<tabard_sink_v1>.size)
            sink.data = Unmanaged.passUnretained(self).toOpaque()
            sink.entry = { data, entry in
                guard let data, let entry = entry?.pointee else { return }
                let collector = Unmanaged<Collector>.fromOpaque(data).takeUnretainedValue()
                collector.answer.entries.append(
                    .init(
                        id: entry.id, kind: entry.kind.rawValue, registry: CEmbedder.text(entry.registry),
                        username: CEmbedder.text(entry.username),
                        password: CEmbedder.text(entry.password), source: CEmbedder.text(entry.source), expires: entry.expires_at_unix_ns))
                collector.onEntry()
            }
            sink.problem = { data, problem in
                guard let data, let problem = problem?.pointee else { return }
                let collector = Unmanaged<Collector>.fromOpaque(data).takeUnretainedValue()
                collector.answer.problems.append(CEmbedder.text(problem.message))
            }
            return sink
        }

        var textSink: tabard_text_sink_v1 {
            var sink = tabard_text_sink_v1()
            sink.struct_size = UInt32(MemoryLayout<tabard_text_sink_v1>.size)
            sink.data = Unmanaged.passUnretained(self).toOpaque()
            sink.text = { data, text, length in
                guard let data else { return }
                let collector = Unmanaged<Collector>.fromOpaque(data).takeUnretainedValue()
                collector.answer.text = (collector.answer.text ?? "") + CEmbedder.text(tabard_str(ptr: text, len: length))
            }
            return sink
        }
    }

    static func text(_ text: tabard_str) -> String {
        String(decoding: UnsafeRawBufferPointer(start: text.ptr, count: text.len), as: UTF8.self)
    }

    /// Text as C has it, freed with the last reference.
    final class Memory {
        private var blocks: [UnsafeMutableRawBufferPointer] = []
        deinit { blocks.forEach { $0.deallocate() } }

        func str(_ text: String?) -> tabard_str {
            guard let text else { return tabard_str() }
            return bytes(Array(text.utf8))
        }

        func bytes(_ bytes: [UInt8]) -> tabard_str {
            let block = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
            block.copyBytes(from: bytes)
            blocks.append(block)
            return tabard_str(ptr: UnsafeRawPointer(block.baseAddress)?.assumingMemoryBound(to: CChar.self), len: bytes.count)
        }

        func list(_ texts: [String]) -> tabard_str_list {
            guard !texts.isEmpty else { return tabard_str_list() }
            let items = texts.map { str($0) }
            let block = UnsafeMutableRawBufferPointer.allocate(byteCount: MemoryLayout<tabard_str>.stride * items.count, alignment: 8)
            blocks.append(block)
            let array = block.bindMemory(to: tabard_str.self)
            _ = array.initialize(from: items)
            return tabard_str_list(items: array.baseAddress, count: items.count)
        }
    }

    /// An open handle, closed by `close` only.
    struct Handle: @unchecked Sendable {
        // The library promises that a handle may be used from any thread.
        let pointer: OpaquePointer
    }

    static func open(
        plugins: [String], configuration: String? = "{}", dockerConfig: String? = nil, flags: Int32 = TABARD_OPEN_NO_REFRESH_FLAG,
        log: (@convention(c) (UnsafeMutableRawPointer?, tabard_log_level, UnsafePointer<CChar>?, Int) -> Void)? = nil,
        logData: UnsafeMutableRawPointer? = nil, change: (inout tabard_open_options_v1, Memory) -> Void = { _, _ in }
    ) -> (handle: Handle?, answer: Answer) {
        let memory = Memory()
        let collector = Collector()
        var options = tabard_open_options_v1()
        options.struct_size = UInt32(MemoryLayout<tabard_open_options_v1>.size)
        options.flags = UInt32(flags)
        options.plugin_dirs = memory.list(plugins)
        options.config_text = memory.str(configuration)
        options.docker_config = memory.str(dockerConfig)
        options.log = log
        options.log_data = logData
        change(&options, memory)
        var pointer: OpaquePointer?
        var sink = collector.sink
        collector.answer.status = tabard_open_v1(&options, &sink, &pointer).rawValue
        withExtendedLifetime(memory) {}
        return (pointer.map { Handle(pointer: $0) }, collector.answer)
    }

    static func resolve(
        _ handle: Handle, _ image: String = "a.fixture.test/app:1", identity: String? = nil, pullSecrets: [String] = [],
        seconds: Int64 = 30, onEntry: @escaping () -> Void = {}, change: (inout tabard_query_v1, Memory) -> Void = { _, _ in }
    ) -> Answer {
        let memory = Memory()
        let collector = Collector()
        collector.onEntry = onEntry
        var query = query(image, memory)
        query.identity = memory.str(identity)
        query.pull_secrets = memory.list(pullSecrets)
        query.timeout_ns = seconds * 1_000_000_000
        change(&query, memory)
        var sink = collector.sink
        collector.answer.status = tabard_resolve_v1(handle.pointer, &query, &sink).rawValue
        withExtendedLifetime(memory) {}
        return collector.answer
    }

    static func query(_ image: String, _ memory: Memory) -> tabard_query_v1 {
        var query = tabard_query_v1()
        query.struct_size = UInt32(MemoryLayout<tabard_query_v1>.size)
        query.image = memory.str(image)
        query.cancel_fd = -1
        return query
    }

    static func explain(_ handle: Handle, _ image: String) -> Answer {
        let memory = Memory()
        let collector = Collector()
        var query = query(image, memory)
        var sink = collector.textSink
        collector.answer.status = tabard_explain_v1(handle.pointer, &query, &sink).rawValue
        withExtendedLifetime(memory) {}
        return collector.answer
    }

    static func metrics(_ handle: Handle) -> Answer {
        let collector = Collector()
        var sink = collector.textSink
        collector.answer.status = tabard_metrics_v1(handle.pointer, &sink).rawValue
        return collector.answer
    }

    static func reload(_ handle: Handle) -> Answer {
        let collector = Collector()
        var sink = collector.sink
        collector.answer.status = tabard_reload_v1(handle.pointer, &sink).rawValue
        return collector.answer
    }
}

/// The flags as numbers that a default argument may have.
let TABARD_OPEN_NO_REFRESH_FLAG: Int32 = 1
