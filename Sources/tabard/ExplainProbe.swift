import TabardCommand
import TabardConfig
import TabardCore
import TabardHost
import TabardRegistry
import TabardSystem

/// What providers and registry say about an image, asked as a pull asks them, except that a pull ends with the first that is accepted.
struct ExplainProbe {
    private let host: HostSetup
    private let registry: RegistryProbe
    private let deadline: Int64
    private let patience: Duration

    /// - Parameters:
    ///   - deadline: When all of it has to be done, on CLOCK_MONOTONIC in nanoseconds.
    ///   - patience: How long one source may take, so that one that never answers leaves time for the others.
    init(_ host: HostSetup, insecureRegistries: [String], until deadline: Int64, patience: Duration) {
        self.host = host
        self.deadline = deadline
        self.patience = patience
        registry = RegistryProbe(
            http: host.http, insecureRegistries: host.configuration.insecureRegistries.union(insecureRegistries),
            clocks: host.services.clocks, log: host.services.log)
    }

    /// Tries every candidate, or nobody where there is none.
    func ask(about image: ImageReference, given: StaticCredentials?) -> (resolution: Resolution, answers: [ExplainedImage.Answer]) {
        let candidates = host.resolver.candidates(
            for: ProviderRequest(image: image), given: given, until: deadline, patience: patience)
        var answers: [ExplainedImage.Answer] = []
        while true {
            do throws(Failure) {
                guard let entry = try candidates.next() else { break }
                answers.append(answer(to: entry, image))
            } catch {
                // The resolution has it.
            }
        }
        if answers.isEmpty, candidates.resolution.failure == nil { answers = [answer(to: nil, image)] }
        return (candidates.resolution, answers)
    }

    private func answer(to entry: AuthEntry?, _ image: ImageReference) -> ExplainedImage.Answer {
        do throws(Failure) {
            return .accepted(try registry.digest(of: image, as: entry, until: deadline))
        } catch {
            return .refused(error)
        }
    }
}
