import CTabard
public import TabardCore
public import TabardHTTP
public import TabardSystem

/// What this process offers to plugins: log, clocks, HTTP. Lives as long as the process, because plugins keep pointers to it.
public final class HostServices: Sendable {
    /// The host's name, as plugins see it: `provider-exec`.
    public let name: String
    /// The host's version.
    public let version: String
    /// Performs the exchanges that plugins ask for.
    public let http: any HTTPExchanging
    /// The clocks of every plugin.
    public let clocks: any Clocks
    /// Where plugins' lines go.
    public let log: LogSink

    let calls = CallDesk()
    /// Told of everything that a plugin emits and that is refused, in words; also of what a failing call lets go by.
    let onRefusal: (@Sendable (String) -> Void)?
    private let texts: (name: ImmortalPointer<tabard_str>, version: ImmortalPointer<tabard_str>)

    /// Makes the services. Nothing is opened or connected before a plugin asks.
    public init(
        name: String, version: String, http: any HTTPExchanging, clocks: any Clocks, log: LogSink,
        onRefusal: (@Sendable (String) -> Void)? = nil
    ) {
        self.name = name
        self.version = version
        self.http = http
        self.clocks = clocks
        self.log = log
        self.onRefusal = onRefusal
        texts = (Self.immortal(name), Self.immortal(version))
    }

    /// The table for one plugin: its lines carry `plugin`.
    ///
    /// Never freed, like everything that it points to; made once for each plugin that is loaded.
    func table(for plugin: String, trust: PluginTrust = .ownersOnly) -> ImmortalPointer<tabard_host_v1> {
        var table = tabard_host_v1()
        table.struct_size = UInt32(MemoryLayout<tabard_host_v1>.size)
        table.abi_minor = UInt32(TABARD_ABI_MINOR)
        table.host_data = Unmanaged.passRetained(PluginContext(plugin: plugin, services: self, trust: trust)).toOpaque()
        table.name = texts.name.pointer.pointee
        table.version = texts.version.pointer.pointee
        table.log = { host, level, text, length in
            guard let context = PluginContext.of(host) else { return }
            context.log(LogLevel(level), CText.lossy(text, length))
        }
        table.log_enabled = { host, level in PluginContext.of(host)?.services.log.keeps(LogLevel(level)) == true ? 1 : 0 }
        table.monotonic_ns = { host in PluginContext.of(host)?.services.clocks.monotonicNanoseconds ?? 0 }
        table.unix_time_ns = { host in PluginContext.of(host)?.services.clocks.unixNanoseconds ?? 0 }
        table.get_extension = { _, id, length in
            // No id is longer, and a size_t above Int.max arrives as a negative number.
            guard let id, (0...64).contains(length) else { return nil }
            let wanted = UnsafeRawBufferPointer(start: id, count: length)
            if wanted.elementsEqual(TABARD_EXT_HTTP.utf8) { return UnsafeRawPointer(HTTPExtension.table.pointer) }
            if wanted.elementsEqual(TABARD_EXT_PROCESS.utf8) { return UnsafeRawPointer(ProcessExtension.table.pointer) }
            return nil
        }
        return ImmortalPointer(table)
    }

    /// Made once for each text, however many hosts of this process have that name.
    private static let immortals = Monitor<[String: ImmortalPointer<tabard_str>]>([:])

    private static func immortal(_ text: String) -> ImmortalPointer<tabard_str> {
        immortals.withLock { known in
            if let made = known[text] { return made }
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(text.utf8.count, 1), alignment: 1)
            copy.copyBytes(from: text.utf8)
            let pointer = UnsafeRawPointer(copy.baseAddress)?.assumingMemoryBound(to: CChar.self)
            let made = ImmortalPointer(tabard_str(ptr: pointer, len: text.utf8.count))
            known[text] = made
            return made
        }
    }
}

extension LogLevel {
    /// The level of a plugin's line. Numbers that nobody has defined are information, said as debug lines are.
    init(_ level: tabard_log_level) {
        self =
            switch level {
            case TABARD_LOG_ERROR: .error
            case TABARD_LOG_WARN: .warning
            case TABARD_LOG_INFO: .info(2)
            default: .info(4)
            }
    }
}
