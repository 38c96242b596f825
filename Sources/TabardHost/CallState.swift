import CTabard
import TabardCore
import TabardSystem

/// One call of a plugin, from the host's side: what it may do and what it has handed over so far.
final class CallState: Sendable {
    /// Which function of the provider runs.
    enum Phase: String, Sendable {
        case create, matches, provide
    }

    /// What a plugin has emitted, guarded by one lock: a plugin may emit from threads of its own.
    struct Emitted {
        var phase: Phase
        var reply = ProviderReply()
        var hasCache = false
        var error: PluginError?
        /// The first thing that was refused, which the plugin may have overlooked.
        var refusal: String?
        /// Whether an entry was among what was refused.
        var hasLostEntry = false
        /// The last exchange that failed: the reason behind a status that the plugin passes on without a message.
        var exchange: Failure?
        /// What the plugin was lent until the call returns.
        var lent: [CallMemory] = []
    }

    /// The same in every log line of this call.
    let id: UInt64
    /// On CLOCK_MONOTONIC, in nanoseconds.
    let deadline: Int64
    let isOneShot: Bool
    /// Cancelled when the caller has given up, or the deadline has passed.
    let cancellation: Cancellation
    let context: PluginContext
    /// The provider's id and the image, for entries and messages.
    let provider: String
    let emitted: Monitor<Emitted>

    init(provider: String, context: PluginContext, phase: Phase, deadline: Int64, cancellation: Cancellation, isOneShot: Bool) {
        id = context.services.calls.nextID()
        self.provider = provider
        self.context = context
        self.deadline = deadline
        self.cancellation = cancellation
        self.isOneShot = isOneShot
        emitted = Monitor(Emitted(phase: phase))
    }

    /// Runs `body` with the C side of this call, which ends with it: what was lent is overwritten, what comes later is refused.
    func run<Result>(host: UnsafePointer<tabard_host_v1>, _ body: (UnsafePointer<tabard_call_v1>) -> Result) -> Result {
        let table = CallTable(self, host: host)
        context.services.calls.open(self)
        let before = ThreadMark.current
        ThreadMark.current = id
        defer {
            ThreadMark.current = before
            context.services.calls.close(self, table: table)
            emitted.withLock { $0.lent = [] }
        }
        let phase = emitted.withLock { $0.phase }
        return CrashReport.naming("the plugin \(context.plugin), in \(phase.rawValue)() of \(provider),") { body(table.pointer) }
    }

    var clocks: any Clocks { context.services.clocks }

    /// Cancelled, or past the deadline.
    var isCancelled: Bool { cancellation.isCancelled || clocks.monotonicNanoseconds >= deadline }

    /// Waits for a moment on the monotonic clock, or for cancellation; not at all when the moment lies past the deadline.
    func sleep(until moment: Int64) -> tabard_status {
        while true {
            if cancellation.isCancelled { return TABARD_E_CANCELLED }
            let now = clocks.monotonicNanoseconds
            if now >= deadline || moment > deadline { return TABARD_E_DEADLINE }
            if now >= moment { return TABARD_OK }
            // Clocks of a test stand still: look again after what would be the rest of the time on the machine's own.
            _ = Cancellation.wait(forAnyOf: [cancellation], atMost: moment == .max ? .max : moment - now)
        }
    }

    /// Remembers and logs why something that the plugin emitted is not taken.
    func refuse(_ reason: String, status: tabard_status = TABARD_E_INVALID) -> tabard_status {
        emitted.withLock { if $0.refusal == nil { $0.refusal = reason } }
        context.log(.error, "\(provider): refused: \(reason)")
        context.services.onRefusal?(reason)
        return status
    }
}
