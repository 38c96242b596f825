import CTabard
import TabardCore

/// How a provider is put to work in the checks: with settings that its create() takes, and an image that it answers, if there is one.
struct Trial: Sendable {
    let provider: ProbeProvider
    let settings: [(String, String)]
    let image: ImageReference
    /// What it came to with plentiful answers.
    let outcome: ProbeProvider.Outcome

    /// Makes an instance, runs `body` and destroys it.
    func withInstance<Result>(
        on host: ProbeHost, _ body: (ProbeProvider.Instance) throws(Complaint) -> Result
    ) throws(Complaint) -> Result {
        let (instance, outcome) = provider.create(settings, on: ProbeCall(host))
        guard let instance else { throw Complaint("\(provider.id): create() failed with \(outcome.summary)") }
        defer { provider.destroy(instance) }
        return try body(instance)
    }

    /// Asks once, with an instance of its own.
    func ask(on host: ProbeHost) throws(Complaint) -> ProbeProvider.Outcome {
        try withInstance(on: host) { provider.provide($0, image, on: ProbeCall(host)) }
    }
}
