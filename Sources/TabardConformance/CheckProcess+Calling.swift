import CTabard
import TabardCore
import TabardHost
import TabardSystem

/// The checks that ask for credentials.
extension CheckProcess {
    func settings() throws(Complaint) -> String {
        let host = ProbeHost()
        let subject = try subject(host)
        var said: [String] = []
        for provider in subject.providers {
            var refusals: [String] = []
            var isTaken = false
            for settings in settingsToTry(provider) + [[]] {
                for _ in 0..<20 {
                    channel.at("create() of \(provider.id)")
                    let (instance, outcome) = provider.create(settings, on: ProbeCall(host))
                    guard outcome.record.entries.isEmpty else { throw Complaint("\(provider.id) emits credentials in create()") }
                    if let instance {
                        isTaken = true
                        channel.at("destroy() of \(provider.id)")
                        provider.destroy(instance)
                    } else {
                        guard let message = outcome.record.message, !message.isEmpty else {
                            throw Complaint(
                                "create() of \(provider.id) failed with \(outcome.status.rawValue) and gave no reason (set_error)")
                        }
                        refusals.append(message)
                    }
                }
            }
            channel.at("create() of \(provider.id) with a setting that it does not describe")
            let (instance, _) = provider.create([("conformance-unknown-setting", "1")], on: ProbeCall(host))
            if let instance {
                provider.destroy(instance)
                throw Complaint("create() of \(provider.id) took a setting that it does not describe")
            }
            guard isTaken else {
                throw Complaint(
                    "create() of \(provider.id) took none of the settings made up for it: \(refusals.first ?? ""); "
                        + "give it some with --set \(provider.id).KEY=VALUE")
            }
            if let refusal = refusals.first { said.append(refusal) }
        }
        return said.first.map { "without some it said: \($0)" } ?? ""
    }

    func matches() throws(Complaint) -> String {
        let host = ProbeHost()
        for trial in try trials(of: try subject(host), on: host) {
            try trial.withInstance(on: host) { (instance) throws(Complaint) in
                for image in trial.provider.images {
                    channel.at("matches() of \(trial.provider.id) for \(image.name)")
                    let started = SystemClocks().monotonicNanoseconds
                    let first = trial.provider.matches(instance, image, on: host)
                    for _ in 0..<99 where trial.provider.matches(instance, image, on: host) != first {
                        throw Complaint("\(trial.provider.id) answered \(image.name) differently the second time")
                    }
                    let took = (SystemClocks().monotonicNanoseconds - started) / 100
                    guard took < 2_000_000 else { throw Complaint("matches() of \(trial.provider.id) took \(took / 1000) µs") }
                }
            }
        }
        return ""
    }

    /// The host's own rules decide, through the host's own code.
    func results() throws(Complaint) -> String {
        let host = ProbeHost()
        let trials = try trials(of: try subject(host), on: host)
        var said: [String] = []
        for trial in trials {
            let refusals = Monitor<[String]>([])
            let services = HostServices(
                name: "tabard-check", version: Release.version, http: AnsweringHTTP(answer: .plentiful), clocks: SystemClocks(),
                log: .silent, onRefusal: { refusal in refusals.withLock { $0.append(refusal) } })
            for round in 0..<3 {
                channel.at("provide() of \(trial.provider.id) for \(trial.image.name)")
                let result: Result<ProviderReply, Failure>
                do throws(Failure) {
                    result = .success(
                        try SingleQuestion.ask(
                            plugin: plugin, provider: trial.provider.id, settings: trial.settings, image: trial.image, services: services))
                } catch {
                    result = .failure(error)
                }
                if let refusal = refusals.read({ $0.first }) { throw Complaint("\(trial.provider.id): \(refusal)") }
                guard round == 0 else { continue }
                switch result {
                case .success(let reply):
                    said.append(
                        "\(trial.provider.id) gave \(reply.entries.isEmpty ? "nothing" : reply.entries.map(\.pattern).joined(separator: ", "))"
                    )
                case .failure(let failure):
                    guard failure.code != .internalFault else { throw Complaint("\(trial.provider.id): \(failure.reason)") }
                    said.append("\(trial.provider.id): \(failure.reason)")
                }
            }
        }
        return said.joined(separator: "; ")
    }

    func failures() throws(Complaint) -> String {
        let usual = ProbeHost()
        let trials = try trials(of: try subject(usual), on: usual)
        var count = 0
        for (name, answer) in ProbeAnswer.bad {
            let host = ProbeHost(answer: answer)
            for trial in trials where trial.outcome.record.exchanges > 0 || trial.outcome.status.rawValue < 0 {
                channel.at("provide() of \(trial.provider.id), answered with \(name)")
                let outcome = try trial.ask(on: host)
                guard outcome.status.rawValue < 0 else { continue }
                count += 1
                // A number that the host itself has made up may be handed on.
                if case .failure(outcome.status, "") = answer { continue }
                if let complaint = Self.complaint(about: outcome) {
                    throw Complaint("\(trial.provider.id), answered with \(name): \(complaint)")
                }
            }
        }
        return "\(count) failures with a reason"
    }

    /// What is wrong with the way that a plugin failed.
    private static func complaint(about outcome: ProbeProvider.Outcome) -> String? {
        guard outcome.status.rawValue >= TABARD_E_LOCAL.rawValue else {
            return "it returned the undefined status \(outcome.status.rawValue)"
        }
        // These say everything by themselves.
        if [TABARD_E_NOT_MINE, TABARD_E_CANCELLED, TABARD_E_DEADLINE, TABARD_E_NO_MEMORY].contains(outcome.status) { return nil }
        guard let message = outcome.record.message, !message.isEmpty else {
            return "it returned \(outcome.status.rawValue) without a reason (set_error)"
        }
        if message.contains(where: \.isNewline) || outcome.record.advice.contains(where: \.isNewline) {
            return "its reason has several lines"
        }
        if message.contains("\u{FFFD}") { return "its reason is not UTF-8" }
        return message.utf8.count > 2048 ? "its reason has \(message.utf8.count) bytes" : nil
    }
}
