import CTabard
import CTabardHost
import Glibc
import TabardCache
import TabardConfig
import TabardCore
import TabardHTTP
import TabardHost
import TabardSystem

/// What a `tabard_handle *` points to.
final class LibraryHandle: Sendable {
    let log: HandleLog
    private let process = getpid()
    private let options: OpenOptions
    private let clocks = SystemClocks()
    private let http: ClosableHTTP
    private let services: HostServices
    private let calls = CallGate()
    private let state: Monitor<HostState>
    private let reloads = Monitor(())
    private let entries = EntryTable()
    private let counters = Monitor(HandleCounters())

    /// How long the end of a handle waits for providers that do not notice that they were cancelled, in nanoseconds.
    private static let patience: Int64 = 2_000_000_000

    init(_ options: UnsafePointer<tabard_open_options_v1>) throws(Failure) {
        let read = try OpenOptions(options)
        self.options = read
        log = HandleLog(options.pointee.log, data: options.pointee.log_data)
        let sink = log.sink
        let metadataHosts = Self.metadataHosts(try read.configuration())
        let agent = read.application.isEmpty ? "libtabard/\(Release.version)" : "\(read.application) libtabard/\(Release.version)"
        http = ClosableHTTP(
            HTTPClient(configuration: HTTPConfiguration(userAgent: agent, metadataHosts: metadataHosts), clocks: clocks, log: sink))
        services = HostServices(
            name: read.application.isEmpty ? "libtabard" : read.application, version: Release.version, http: http, clocks: clocks, log: sink
        )
        state = Monitor(try HostState(read, services: services, after: nil))
    }

    /// Runs one function of the boundary: nothing in a forked child, nothing once the end has begun.
    func call(_ body: () -> tabard_status) -> tabard_status {
        guard getpid() == process else { return TABARD_E_UNSUPPORTED }
        guard calls.enter() else { return TABARD_E_INVALID }
        defer { calls.leave() }
        return body()
    }

    func resolve(_ query: Query, into sink: Sink) -> tabard_status {
        let resolver = state.read { $0.resolver }
        let deadline = clocks.monotonicNanoseconds.addingSaturated(.nanoseconds(query.timeout))
        let resolution = resolver.resolve(query.request, given: query.given, until: deadline, cancellation: query.cancellation)
        for problem in query.problems { sink.say(problem) }
        for source in resolution.sources { if case .failed(let failure) = source.outcome { sink.say(failure) } }
        for entry in resolution.entries {
            let key = resolver.cacheKey(of: entry, for: query.request)
            sink.give(entry, number: key.map { entries.number(of: entry, under: $0) } ?? 0)
        }
        let isNothing = resolution.entries.isEmpty
        let failure =
            query.cancellation?.isCancelled == true && isNothing
            ? Failure(.cancelled, attempting: "resolving", reason: "cancelled")
            : resolution.failure ?? (isNothing ? query.problems.first : nil)
        counters.withLock { $0.count(failure, entries: resolution.entries.count) }
        return failure.map { tabard_status($0.code) } ?? TABARD_OK
    }

    func invalidate(_ number: UInt64) -> tabard_status {
        guard let (entry, key) = entries.entry(number) else { return TABARD_E_NOT_FOUND }
        return state.read { $0.resolver }.refused(entry, under: key) ? TABARD_OK : TABARD_E_DENIED
    }

    func explain(_ query: Query) -> String {
        let explanation = state.read { $0.resolver }.explain(query.request.image, given: query.given)
        return explanation.json(given: query.image, candidates: explanation.resolution.entries)
    }

    var metrics: String { counters.read { $0 }.openMetrics(state.read { $0.cache }.counts) }

    /// Says what is not used.
    func sayProblems(to sink: Sink) { for problem in state.read({ $0.problems }) { sink.say(problem) } }

    func reload() throws(Failure) {
        // One at a time, files and all: each goes on from what the one before it put in force.
        try reloads.withLock { (_) throws(Failure) in
            let last = state.read { $0 }
            let next = try HostState(options, services: services, after: last)
            state.withLock { $0 = next }
            // Callers that asked before still wait for the old one's fetches.
            if last.cache !== next.cache { last.retire() }
        }
    }

    /// Ends everything; afterwards no callback comes any more.
    func close() -> tabard_status {
        guard getpid() == process else { return TABARD_E_UNSUPPORTED }
        guard !calls.holdsThisThread, !log.gate.holdsThisThread else { return TABARD_E_INVALID }
        guard calls.close() else { return TABARD_E_INVALID }
        let hasEnded = state.read { $0 }.close(until: clocks.monotonicNanoseconds + Self.patience)
        if !hasEnded { services.log(.error, "A provider did not end when it was cancelled; its thread is left behind") }
        http.close()
        _ = log.gate.close()
        return TABARD_OK
    }

    private static func metadataHosts(_ configuration: TabardConfiguration) -> Set<String> {
        var hosts = Set(["GCE_METADATA_HOST", "GCE_METADATA_IP"].compactMap { Environment.nonEmptyValue($0) })
        for provider in configuration.providers.values {
            for setting in provider.settings where setting.key == "metadataHost" { hosts.insert(setting.value) }
        }
        return hosts
    }
}
