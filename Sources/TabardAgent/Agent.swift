import Glibc
import TabardAgentProtocol
import TabardCache
public import TabardCore
import TabardSystem

/// The process that keeps one node's credentials: it answers clients, reads its files again when they change, and ends in order.
public final class Agent: Sendable {
    /// Reads the configuration and makes a host of it; given what is in force, which goes on as far as nothing changed for it.
    public typealias Load = @Sendable (_ last: AgentHost?) throws(Failure) -> AgentHost

    /// What there is to do.
    enum Event: Sendable {
        case reload(String)
        case stop(Int32)
    }

    let options: AgentOptions
    let log: LogSink
    private let load: Load
    private let signals: SignalWatch
    let host: Monitor<AgentHost>
    private let events = Monitor<[Event]>([])
    let reloads = Monitor(ReloadCounts())
    /// What the caches before this one did.
    let pastCounts = Monitor(CacheCounts())
    let manager = ServiceManager()
    let clocks = SystemClocks()
    let startedAt = UTCTime(unixNanoseconds: SystemClocks().unixNanoseconds)

    /// How long clients may wait for their answers when the agent ends, and how long providers may take to notice.
    private static let patienceAtEnd: Int64 = 10_000_000_000
    private static let patienceForProviders: Int64 = 2_000_000_000

    /// Reads the configuration for the first time. Before any other thread exists, so that signals meet the one that waits for them.
    public init(_ options: AgentOptions, log: LogSink, load: @escaping Load) throws(Failure) {
        self.options = options
        self.log = log
        self.load = load
        do throws(SystemError) {
            signals = try SignalWatch()
        } catch {
            throw Failure(.local, attempting: "preparing for signals", reason: error.description)
        }
        host = Monitor(try load(nil))
    }

    /// Serves until a signal ends it.
    ///
    /// - Returns: The status to exit with.
    public func run() throws(Failure) -> Int32 {
        let listener = try listener()
        do throws(SystemError) {
            return try serve(on: listener)
        } catch {
            throw Failure(.local, attempting: "running the agent", reason: error.description)
        }
    }

    private func listener() throws(Failure) -> SocketListener {
        let door = AgentDoor(path: options.socket, group: options.group)
        guard let given = manager.takeSockets().first else { return try door.open() }
        do throws(SystemError) {
            return try SocketListener(owning: FileDescriptor(owning: given))
        } catch {
            throw Failure(
                .local, attempting: "taking over the socket of the service manager", reason: error.description,
                advice: "give it ListenStream= in the .socket unit")
        }
    }

    private func serve(on listener: consuming SocketListener) throws(SystemError) -> Int32 {
        let place = listener.place.isEmpty ? "the service manager's socket" : listener.place
        let box = Monitor<AgentServer?>(nil)
        let desk = QuestionDesk(setup: options.setup, log: log) { [self] in
            host.read { $0 }
        } status: { [self] in
            status(box.read { $0 }).json
        }
        let server = try AgentServer(desk: desk, door: AgentDoor(path: options.socket, group: options.group), log: log)
        box.withLock { $0 = server }
        try signals.listen { [self] signal in tell(signal == SIGHUP ? .reload("SIGHUP") : .stop(signal)) }
        try Housekeeper(host: { [self] in host.read { $0 } }, manager: manager) { [self] event in tell(event) }.start()
        try server.start(listener)
        manager.notify("READY=1", "STATUS=answering at \(place)")
        log(.info(0), "The agent answers at \(place)")
        while true {
            switch nextEvent() {
            case .reload(let reason): reload(because: reason)
            case .stop(let signal): return stop(server, because: signal)
            }
        }
    }

    func tell(_ event: Event) { events.update { $0.append(event) } }

    private func nextEvent() -> Event {
        events.wait(until: nil) { $0.isEmpty ? nil : $0.removeFirst() } ?? .stop(SIGTERM)
    }

    private func reload(because reason: String) {
        manager.notify("RELOADING=1", "MONOTONIC_USEC=\(clocks.monotonicNanoseconds / 1000)")
        defer { manager.notify("READY=1") }
        let last = host.read { $0 }
        do throws(Failure) {
            let next = try load(last)
            host.withLock { $0 = next }
            if last.cache !== next.cache {
                pastCounts.withLock { $0.add(last.cache.counts) }
                // Who asked before still waits for the old one's fetches.
                last.cache.stopRefreshing()
            }
            reloads.withLock { reloads in
                reloads.succeeded += 1
                reloads.lastFailure = nil
            }
            log(.info(0), "The configuration was read again because of \(reason)")
        } catch {
            reloads.withLock { reloads in
                reloads.failed += 1
                reloads.lastFailure = error
            }
            log(.error, "The configuration has changed (\(reason)) and cannot be used; what was read before stays in force: \(error)")
        }
    }

    private func stop(_ server: AgentServer, because signal: Int32) -> Int32 {
        manager.notify("STOPPING=1")
        log(.info(0), "The agent ends (signal \(signal))")
        server.removeFile()
        if !server.stop(until: clocks.monotonicNanoseconds + Self.patienceAtEnd) {
            log(.warning, "Clients still wait for answers; they ask the providers themselves now")
        }
        _ = host.read { $0 }.cache.close(until: clocks.monotonicNanoseconds + Self.patienceForProviders)
        _ = server.stop(until: clocks.monotonicNanoseconds + Self.patienceForProviders)
        return 0
    }

    private func status(_ server: AgentServer?) -> AgentStatus {
        let host = host.read { $0 }
        var counts = host.cache.counts
        counts.add(pastCounts.read { $0 })
        return AgentStatus(
            socket: options.socket, process: getpid(), user: FileSystem.effectiveUser, startedAt: startedAt,
            now: UTCTime(unixNanoseconds: clocks.unixNanoseconds), configuration: host.configuration, providers: host.providers.sorted(),
            complaints: host.complaints, reloads: reloads.read { $0 }, questions: server?.questions ?? QuestionCounts(),
            waiting: server?.conversations.count ?? 0, threads: server?.threadCount ?? 0, counts: counts, entries: host.cache.snapshot())
    }
}
