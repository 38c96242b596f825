import TabardCore
import TabardPluginKit

/// What is tried again, and how long: refusals as often as the budget says; what never got an answer, on a machine of Amazon's, until the
/// call's deadline, because there the network is only not up yet.
struct AWSRetries: Sendable {
    let budget: RetryBudget
    let machine: AWSMachine

    /// Between attempts that got no answer it is never shorter: a refused connection comes back at once.
    private static let leastPause = Duration.milliseconds(250)

    /// How often nothing may answer when the call has no deadline: a minute or two.
    private static let mostLosses = 60

    /// Runs `attempt` until it succeeds, fails in a way that waiting does not mend, or time or budget is used up.
    ///
    /// - Throws: The last failure, or `.cancelled` when the call ended while waiting.
    func run<Result>(_ call: PluginCall, _ attempt: () throws(Failure) -> Result) throws(Failure) -> Result {
        var refusals = 0
        var losses = 0
        while true {
            do {
                return try attempt()
            } catch {
                guard error.isTransient, !call.isCancelled else { throw error }
                let isLost = error.httpStatus == nil && machine.isAmazons
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
