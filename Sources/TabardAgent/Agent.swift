import Glibc
import TabardAgentProtocol
import TabardCache
public import TabardCore
import TabardHost
public import TabardSystem

/// The process that keeps one node's credentials: it answers clients, reads its files again when they change, and ends in order.
public final class Agent: Sendable {
    /// Reads the configuration and makes a host of it; given what is in force, which goes on as far as nothing changed for it.
    ///
    /// `looked` gets the files that were read, as they were before it; also when they cannot be used.
    public typealias Load = @Sendable (_ last: AgentHost?, _ looked: inout FileWatch) throws(Failure) -> AgentHost

    /// What there is to do.
    enum Event: Sendable {
        case reload(String)
        /// A file that is part of this process has changed.
        case replace(String)
        /// The file of the socket has been removed or replaced.
        case reopen
        case stop(Int32)
    }

    let options: AgentOptions
    let log: LogSink
    private let load: Load
    private let signals: SignalWatch
    let host: Monitor<AgentHost>
    private let handover: Handover?
    private let events = Monitor<[Event]>([])
    let reloads = Monitor(ReloadCounts())
    private let desk = Monitor<QuestionDesk?>(nil)
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
        handover = Self.takeHandover(log: log)
        var looked = FileWatch([])
        let first = try load(nil, &looked)
        host = Monitor(first)
        guard let handover, !handover.cache.bootID.isEmpty else { return }
        do throws(Failure) {
            let count = try first.cache.import(handover.cache) { first.resolver.fetch(for: $0) }
            log(.info(0), "Took over \(count) entries and \(handover.questions.count) open questions from the process before")
        } catch {
            log(.warning, "\(error)")
        }
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
        let sockets = manager.takeSockets()
        do throws(SystemError) {
            if let handover {
                return try SocketListener(owning: FileDescriptor(inherited: handover.listener), place: handover.place)
            }
            if let given = sockets.first { return try SocketListener(owning: FileDescriptor(inherited: given)) }
        } catch {
            throw Failure(
                .local, attempting: "taking over the socket of the service manager", reason: error.description,
                advice: "give it ListenStream= in the .socket unit")
        }
        return try door.open()
    }

    private func metricsServer() throws(SystemError) -> MetricsServer? {
        guard let (address, port) = options.metrics else { return nil }
        let listener =
            if let inherited = handover?.metrics {
                try SocketListener(owning: FileDescriptor(inherited: inherited))
            } else {
                try SocketListener.listen(on: address, port: port)
            }
        let server = try MetricsServer(listener, log: log) { [self] in metricsText() }
        log(.info(0), "The numbers are at http://\(address.isV6 ? "[\(address)]" : "\(address)"):\(server.port ?? port)/metrics")
        return server
    }

    private func metricsText() -> String {
        var text = OpenMetricsText()
        text.info("tabard_agent_build", "The version of the agent.", [("version", Release.version)])
        desk.read { $0 }?.questions.add(to: &text)
        let reloads = reloads.read { $0 }
        text.counter(
            "tabard_agent_reloads", "Readings of the configuration, by how they ended.",
            [([("outcome", "succeeded")], reloads.succeeded), ([("outcome", "failed")], reloads.failed)])
        counts.add(to: &text)
        return text.ended
    }

    private func serve(on listener: consuming SocketListener) throws(SystemError) -> Int32 {
        let place = listener.place.isEmpty ? "the service manager's socket" : listener.place
        let metrics = try metricsServer()
        let box = Monitor<AgentServer?>(nil)
        let desk = QuestionDesk(setup: options.setup, log: log) { [self] in
            host.read { $0 }
        } status: { [self] in
            status(box.read { $0 }).json
        }
        self.desk.withLock { $0 = desk }
        let server = try AgentServer(desk: desk, door: AgentDoor(path: options.socket, group: options.group), log: log)
        box.withLock { $0 = server }
        try signals.listen { [self] signal in tell(signal == SIGHUP ? .reload("SIGHUP") : .stop(signal)) }
        for question in handover?.questions ?? [] { server.resume(question) }
        try server.start(listener)
        try Housekeeper(host: { [self] in host.read { $0 } }, isInPlace: { server.isInPlace }, manager: manager) { [self] event in
            tell(event)
        }.start()
        manager.notify("READY=1", "STATUS=answering at \(place)")
        log(.info(0), "The agent answers at \(place)")
        var isSocketLost = false
        while true {
            switch nextEvent() {
            case .reopen: reopen(server, &isSocketLost)
            case .reload(let reason): reload(because: reason)
            case .replace(let reason): replace(server, metrics: metrics?.descriptor, because: reason)
            case .stop(let signal): return stop(server, because: signal)
            }
        }
    }

    /// Listens at the same path again. Where that cannot be, it is said once, and tried again at the next look.
    private func reopen(_ server: AgentServer, _ isLost: inout Bool) {
        guard !server.isInPlace else { return }
        do {
            try server.move(to: try AgentDoor(path: options.socket, group: options.group).open())
            isLost = false
            log(.warning, "The socket \(options.socket) was removed or replaced, and was made anew")
        } catch {
            if !isLost { log(.error, "The socket \(options.socket) was removed or replaced, and clients cannot find this agent: \(error)") }
            isLost = true
        }
    }

    func tell(_ event: Event) { events.update { $0.append(event) } }

    private func nextEvent() -> Event {
        events.wait(until: nil) { $0.isEmpty ? nil : $0.removeFirst() } ?? .stop(SIGTERM)
    }

    /// - Returns: Whether what was read is in force.
    @discardableResult
    func reload(because reason: String) -> Bool {
        manager.notify("RELOADING=1", "MONOTONIC_USEC=\(clocks.monotonicNanoseconds / 1000)")
        defer { manager.notify("READY=1") }
        let last = host.read { $0 }
        var looked = FileWatch([])
        do throws(Failure) {
            let next = try load(last, &looked)
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
            return true
        } catch {
            reloads.withLock { reloads in
                reloads.failed += 1
                reloads.lastFailure = error
            }
            // A file that has come with the change may be what is wrong: whoever mends it changes nothing else.
            looked.add(last.configurationFiles)
            let files = looked
            host.withLock { $0.configurationFiles = files }
            log(.error, "The configuration has changed (\(reason)) and cannot be used; what was read before stays in force: \(error)")
            return false
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

    private var counts: CacheCounts {
        var counts = host.read { $0 }.cache.counts
        counts.add(pastCounts.read { $0 })
        return counts
    }

    private func status(_ server: AgentServer?) -> AgentStatus {
        let host = host.read { $0 }
        return AgentStatus(
            socket: options.socket, process: getpid(), user: FileSystem.effectiveUser, startedAt: startedAt,
            now: UTCTime(unixNanoseconds: clocks.unixNanoseconds), configuration: host.configuration, setup: options.setup,
            providers: host.providers.sorted(),
            complaints: host.complaints, reloads: reloads.read { $0 }, questions: server?.questions ?? QuestionCounts(),
            waiting: server?.conversations.count ?? 0, threads: server?.threadCount ?? 0, counts: counts, entries: host.cache.snapshot())
    }
}
