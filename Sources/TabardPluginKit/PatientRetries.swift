public import TabardCore

/// What is tried again, and how long: refusals as often as the budget says; what never got an answer, on a machine of the cloud in question,
/// until the call's deadline, because there the network is only not up yet.
public struct PatientRetries: Sendable {
    /// For answers that time may mend, and for everything on other machines.
    public let budget: RetryBudget
    private let isPatient: @Sendable () -> Bool

    /// Between attempts that got no answer it is never shorter: a refused connection comes back at once.
    private static let leastPause = Duration.milliseconds(250)

    /// How often nothing may answer when the call has no deadline: a minute or two.
    private static let mostLosses = 60

    /// Makes retries.
    ///
    /// - Parameter isPatient: Whether this machine is one of the cloud's; asked when something got no answer.
    public init(budget: RetryBudget, isPatient: @escaping @Sendable () -> Bool) {
        self.budget = budget
        self.isPatient = isPatient
    }

    /// Runs `attempt` until it succeeds, fails in a way that waiting does not mend, or time or budget is used up.
    ///
    /// - Throws: The last failure, or `.cancelled` when the call ended while waiting.
    public func run<Result>(_ call: PluginCall, _ attempt: () throws(Failure) -> Result) throws(Failure) -> Result {
        var refusals = 0
        var losses = 0
        while true {
            do {
                return try attempt()
            } catch {
                guard error.isTransient, !call.isCancelled else { throw error }
                let isLost = error.httpStatus == nil && isPatient()
                if isLost { losses += 1 } else { refusals += 1 }
                guard isLost ? call.remaining != nil || losses < Self.mostLosses : refusals < budget.attempts else { throw error }
                var wait = budget.delay(after: isLost ? min(losses, 4) - 1 : refusals - 1, retryAfter: error.retryAfter)
                if isLost { wait = max(wait, Self.leastPause) }
                if let remaining = call.remaining, wait >= remaining { throw error }
                call.log(.info(isLost && losses == 1 ? 2 : 4), "trying again in \(GoDuration.format(wait)): \(error)")
                try call.sleep(until: call.now.addingSaturated(wait))
            }
        }
    }
}
