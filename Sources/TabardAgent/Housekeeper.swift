import TabardSystem

/// One thread that looks at the files again and again and tells the service manager that this process lives.
final class Housekeeper: Sendable {
    private let host: @Sendable () -> AgentHost
    private let isInPlace: @Sendable () -> Bool
    private let manager: ServiceManager
    private let tell: @Sendable (Agent.Event) -> Void

    /// How often files are looked at, in nanoseconds.
    private static let interval: Int64 = 1_000_000_000

    /// - Parameters:
    ///   - host: What is in force.
    ///   - isInPlace: Whether clients still find the socket.
    ///   - tell: Takes what there is to do.
    init(
        host: @escaping @Sendable () -> AgentHost, isInPlace: @escaping @Sendable () -> Bool, manager: ServiceManager,
        tell: @escaping @Sendable (Agent.Event) -> Void
    ) {
        self.host = host
        self.isInPlace = isInPlace
        self.manager = manager
        self.tell = tell
    }

    func start() throws(SystemError) {
        try WorkerThread(stackSize: 256 * 1024, detached: true) { [self] in run() }
    }

    private func run() {
        let never = Cancellation()
        let interval = min(Self.interval, (manager.watchdog ?? .max) / 3)
        var taken = host()
        var (settings, programs) = (taken.configurationFiles, taken.programFiles)
        var changedProgram: String?
        while true {
            _ = Cancellation.wait(forAnyOf: [never], atMost: interval)
            if manager.watchdog != nil { manager.notify("WATCHDOG=1") }
            if !isInPlace() { tell(.reopen) }
            let current = host()
            if current.configurationFiles != taken.configurationFiles { settings = current.configurationFiles }
            if current.programFiles != taken.programFiles { programs.add(current.programFiles) }
            taken = current
            // A program is taken when it has not changed between two looks: it may still be on its way onto the disk.
            let program = programs.changes().first
            if program == nil, let changedProgram { tell(.replace(changedProgram)) }
            changedProgram = program
            let changes = settings.changes()
            if let first = changes.first {
                tell(.reload(changes.count == 1 ? first : "\(first) and \(changes.count - 1) more"))
            }
        }
    }
}
