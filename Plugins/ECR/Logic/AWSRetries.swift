import TabardCore
import TabardPluginKit

/// What is tried again, and how long, on machines of Amazon's and on others.
struct AWSRetries: Sendable {
    let budget: RetryBudget
    let machine: AWSMachine

    /// Runs `attempt` as `PatientRetries` does.
    func run<Result>(_ call: PluginCall, _ attempt: () throws(Failure) -> Result) throws(Failure) -> Result {
        try PatientRetries(budget: budget) { machine.isAmazons }.run(call, attempt)
    }
}
